import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../children.js';
import { surfaces } from '../surfaces.js';
import { rendered, summaryOf } from './markdown.js';

/**
 * What the guides are made of, in the order in which they are read: section, and the sources in it. A page of docs/ that is not
 * named stands in the last section of guides.
 */
const shelves = [
  [
    'Start',
    ['docs/start.md', 'docs/keys.md', 'docs/sessions.md', 'docs/scopes.md', 'docs/errors.md', 'docs/limits.md'],
  ],
  [
    'Guides',
    ['docs/v1.md', 'docs/webhooks.md', 'docs/files.md', 'docs/runs.md', 'docs/runner.md', 'docs/forward-auth.md'],
  ],
  [
    'Coming from',
    [
      ...['mage', 'magpipe', 'mystic', 'maiagent'].flatMap((name) => [`docs/${name}.md`, `docs/compat/${name}.md`]),
      'docs/compat/maiagent-examples.md',
    ],
  ],
  ['Tools', ['docs/console.md', 'docs/cli.md', ...['typescript', 'python', 'go'].map(readmeOf)]],
  [
    'Running it',
    [
      ...[
        'docs/operating.md',
        'docs/settings.md',
        'docs/models.md',
        'docs/credentials.md',
        'docs/revocation.md',
        'docs/architecture.md',
      ],
      ...['docs/clients.md', 'docs/benchmarks.md', 'docs/dependencies.md'],
    ],
  ],
  ['Examples', under('examples').filter((path) => path.endsWith('README.md'))],
  ['Decisions', under('docs/adr')],
];

/** Where the navigation would say too much or too little. */
const labels = {
  'docs/v1.md': 'Latchkey’s API, /v1',
  'docs/forward-auth.md': 'In front of your app',
  'docs/cli.md': 'Command line',
  'docs/models.md': 'Models',
  'docs/mage.md': 'Mage',
  'docs/magpipe.md': 'Magpipe',
  'docs/mystic.md': 'Mystic',
  'docs/maiagent.md': 'MaiAgent',
  'docs/architecture.md': 'Architecture',
  'docs/clients.md': 'How clients are made',
  'docs/dependencies.md': 'Dependencies',
  [readmeOf('typescript')]: 'TypeScript client',
  [readmeOf('python')]: 'Python client',
  [readmeOf('go')]: 'Go client',
  'docs/compat/mage.md': 'Mage, in detail',
  'docs/compat/magpipe.md': 'Magpipe, in detail',
  'docs/compat/mystic.md': 'Mystic, in detail',
  'docs/compat/maiagent.md': 'MaiAgent, in detail',
  'docs/compat/maiagent-examples.md': 'MaiAgent’s examples',
};

/** A client's own page, which is also in its package. */
function readmeOf(language) {
  return `generated/clients/${language}/README.md`;
}

function under(folder) {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.md'))
    .map((path) => posix.join(folder, path))
    .sort();
}

/** Where the page of a source is; undefined where it has none. */
export function addressOf(source) {
  if (source === 'CHANGELOG.md') return 'changelog';
  if (source === 'README.md') return 'index';
  if (source === 'docs/adr') return 'decisions';
  const client = /^generated\/clients\/(\w+)\/README\.md$/.exec(source)?.[1];
  if (client) return `clients/${client}`;
  const [, folder, name] =
    /^(docs\/adr|docs\/compat|docs|examples)\/([\w-]+?)(?:\.md|\/README\.md)?$/.exec(source) ?? [];
  const place = { docs: 'guides', 'docs/compat': 'compat', 'docs/adr': 'decisions', examples: 'examples' }[folder];
  if (!place || !existsSync(join(root, folder === 'examples' ? `examples/${name}/README.md` : `${folder}/${name}.md`)))
    return undefined;
  return `${place}/${name}`;
}

/**
 * The pages of docs/, examples/ and the changelog.
 * @param {import('./files.js').Files} files what pages lead to besides pages is put there
 * @returns {import('./page.d.ts').Page[]}
 */
export function guidePages(files) {
  const named = new Set(shelves.flatMap(([, sources]) => sources));
  const rest = under('docs').filter((source) => !named.has(source));
  const pages = shelves.flatMap(([section, sources]) => {
    const all = section === 'Running it' ? [...sources, ...rest] : sources;
    return all.filter((source) => existsSync(join(root, source))).map((source) => guide(source, [section], files));
  });
  return [...pages, guide('CHANGELOG.md', [], files)];
}

function guide(source, section, files) {
  // A source is named by its file where it is read as one.
  const text = readFileSync(join(root, source), 'utf8').replace(/\[([\w-]+\.md)\]\(([^)#]+)/g, (whole, _name, path) => {
    const target = posix.join(posix.dirname(source), path);
    return addressOf(target) ? `[${labelOf(target)}](${path}` : whole;
  });
  const linkTo = (href) => linkOf(source, href, files);
  const { html: whole, headings } = rendered(text, linkTo);
  const named = labels[source]?.endsWith(' client') ? labels[source] : undefined;
  const title = named ?? titleOf(text);
  const html = named ? whole.replace(/<h1>.*?<\/h1>/, `<h1>${named}</h1>`) : whole;
  return {
    address: addressOf(source),
    title,
    label: labelOf(source, title),
    summary: summaryOf(html),
    section,
    html,
    markdown: text
      .replace(/^<!--[\s\S]*?-->\n+/gm, '')
      .replace(/(\]\()([^)\s]+)(\))/g, (_, open, href, close) => `${open}${linkTo(href)}${close}`),
    headings,
  };
}

const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1].replaceAll('`', '') ?? '';

/** What the navigation calls a source. */
function labelOf(source, title = titleOf(readFileSync(join(root, source), 'utf8'))) {
  return labels[source] ?? title.replace(/^The /, '').replace(/^./, (first) => first.toUpperCase());
}

/** Where a link of a source leads on the site: `docs:<address>` for pages, `docs:files/…` for what lies beside them. */
function linkOf(source, href, files) {
  if (/^(https?:|mailto:|#)/.test(href)) return href;
  const [path, fragment] = href.split('#');
  const hash = fragment === undefined ? '' : `#${fragment}`;
  // The server's own pages by their address.
  if (path.startsWith('/docs/')) {
    const named = path.slice('/docs/'.length).replace(/\.html$/, '');
    return `docs:${surfaces.includes(named) ? `reference/${named}` : named}${hash}`;
  }
  if (path.startsWith('/')) return href;
  const target = posix.join(posix.dirname(source), path).replace(/\/$/, '');
  const address = addressOf(target);
  if (address) return `docs:${address}${hash}`;
  return files.take(target, source) + hash;
}
