import type { ComponentType } from 'preact';
import type { ConsolePath } from '../../src/console_paths.ts';
import type { Me } from './api.ts';
import type { IconName } from './icons.tsx';

export type Role = NonNullable<Me['role']>;
const ranks: Role[] = ['viewer', 'editor', 'admin', 'owner'];

/** The parts of the navigation, in their order; '' has no heading. */
export const groups = ['', 'Access', 'Pipelines', 'Insight', 'Account'] as const;

export interface Page {
  /** What it is called in the navigation, and above itself. */
  title: string;
  /** Where it stands in the navigation; a page without is reached from another one. */
  group?: (typeof groups)[number];
  icon?: IconName;
  /** It has a place in the bar at the foot of a phone; four fit. */
  isOnBar?: true;
  /** Who may see it, and whoever has more; without it, everybody. */
  least?: Role;
  /** It is for whoever is not signed in, too, and stands alone. */
  isOpen?: true;
  /** Its code, which comes when it is looked at. `id` is what stands in the address in place of `:id`. */
  load(): Promise<ComponentType<{ id: string }>>;
}

/** All pages, in the order of the navigation; a text is where an address leads to. */
export const pages: Record<ConsolePath, Page | string> = {
  '/': '/overview',
  '/overview': {
    ...{ title: 'Overview', group: '', icon: 'overview', isOnBar: true },
    load: () => import('./overview_page.tsx').then(({ OverviewPage }) => OverviewPage),
  },
  '/keys': {
    ...{ title: 'API keys', group: 'Access', icon: 'key', isOnBar: true },
    load: () => import('./keys_page.tsx').then(({ KeysPage }) => KeysPage),
  },
  '/keys/:id': {
    ...{ title: 'Key' },
    load: () => import('./key_page.tsx').then(({ KeyPage }) => KeyPage),
  },
  '/sessions': {
    ...{ title: 'Sessions', group: 'Access', icon: 'session' },
    load: () => import('./sessions_page.tsx').then(({ SessionsPage }) => SessionsPage),
  },
  '/welcome': {
    ...{ title: 'Choose a password', isOpen: true },
    load: () => import('./welcome_page.tsx').then(({ WelcomePage }) => WelcomePage),
  },
  '/webhooks': {
    ...{ title: 'Webhooks', group: 'Access', icon: 'webhook', least: 'admin' },
    load: () => import('./webhooks_page.tsx').then(({ WebhooksPage }) => WebhooksPage),
  },
  '/webhooks/:id': {
    ...{ title: 'Webhook', least: 'admin' },
    load: () => import('./webhook_page.tsx').then(({ WebhookPage }) => WebhookPage),
  },
  '/usage': {
    ...{ title: 'Usage', group: 'Insight', icon: 'usage', isOnBar: true, least: 'viewer' },
    load: () => import('./usage_page.tsx').then(({ UsagePage }) => UsagePage),
  },
  '/audit': {
    ...{ title: 'Audit log', group: 'Insight', icon: 'audit', least: 'admin' },
    load: () => import('./audit_page.tsx').then(({ AuditPage }) => AuditPage),
  },
  '/members': {
    ...{ title: 'Members', group: 'Account', icon: 'members', least: 'viewer' },
    load: () => import('./members_page.tsx').then(({ MembersPage }) => MembersPage),
  },
  '/profile': {
    ...{ title: 'Profile', group: 'Account', icon: 'profile' },
    load: () => import('./profile_page.tsx').then(({ ProfilePage }) => ProfilePage),
  },
  '/device': {
    title: 'Sign in a command line',
    load: () => import('./device_page.tsx').then(({ DevicePage }) => DevicePage),
  },
  '/pipelines': {
    ...{ title: 'Pipelines', group: 'Pipelines', icon: 'pipeline' },
    load: () => import('./pipelines_page.tsx').then(({ PipelinesPage }) => PipelinesPage),
  },
  '/pipelines/:id': {
    title: 'Pipeline',
    load: () => import('./pipeline_page.tsx').then(({ PipelinePage }) => PipelinePage),
  },
  '/runs': {
    ...{ title: 'Runs', group: 'Pipelines', icon: 'run', isOnBar: true },
    load: () => import('./runs_page.tsx').then(({ RunsPage }) => RunsPage),
  },
  '/runs/:id': {
    title: 'Run',
    load: () => import('./run_page.tsx').then(({ RunPage }) => RunPage),
  },
  '/files': {
    ...{ title: 'Files', group: 'Pipelines', icon: 'file' },
    load: () => import('./files_page.tsx').then(({ FilesPage }) => FilesPage),
  },
  // Where the other systems have their pages for keys, with what their people use.
  '/settings/api': '/keys?for=supabase-js',
  '/developers': '/keys?for=pipeline%20CLI',
  '/account/api-key': '/keys?for=MaiAgent',
};

export interface Found {
  path: string;
  page: Page | string | undefined;
  id: string;
}

/** What is at an address. */
export function pageAt(pathname: string): Found {
  const whole = pages[pathname as ConsolePath];
  if (whole) return { path: pathname, page: whole, id: '' };
  const [, path = '', id = ''] = /^(.*\/)([^/]+)$/.exec(pathname) ?? [];
  return { path: `${path}:id`, page: pages[`${path}:id` as ConsolePath], id: decodeURIComponent(id) };
}

/** Whether the page at an address is for everybody. */
export function isOpen(pathname: string): boolean {
  const { page } = pageAt(pathname);
  return typeof page === 'object' && page.isOpen === true;
}

/** Whether somebody of this role sees a page. */
export const maySee = ({ least }: Page, role: Me['role'] | undefined) =>
  !least || (!!role && ranks.indexOf(role) >= ranks.indexOf(least));
