import type { Key, NewKey } from './api.ts';

export const spans = ['second', 'minute', 'hour', 'day'] as const;

/** What is typed about a key, as it is typed. */
export interface Draft {
  name: string;
  hasAll: boolean;
  scopes: string[];
  /** `never`, a number of days, or `date`. */
  expires: string;
  /** As a browser's date field has it, where `expires` says so. */
  date: string;
  /** One on each line. */
  addresses: string;
  limits: Record<(typeof spans)[number], string>;
  enabled: boolean;
}

/** What stands there before anything is typed: of a key that is changed, or of a new one. */
export function draftOf(key?: Key): Draft {
  const limitOf = (span: string) => String(key?.limits.find(({ per }) => per === span)?.requests ?? '');
  return {
    name: key?.name ?? '',
    hasAll: key?.scopes.includes('*') ?? true,
    scopes: key?.scopes.filter((scope) => scope !== '*') ?? [],
    expires: key?.expires_at ? 'date' : 'never',
    date: key?.expires_at?.slice(0, 10) ?? '',
    addresses: key?.addresses.join('\n') ?? '',
    limits: { second: limitOf('second'), minute: limitOf('minute'), hour: limitOf('hour'), day: limitOf('day') },
    enabled: key?.enabled ?? true,
  };
}

/** What the server is told of it. */
export function bodyOf(draft: Draft, now = Date.now()): Required<Pick<NewKey, 'name'>> & NewKey {
  const { name, hasAll, scopes, expires, date, addresses, limits } = draft;
  const days = Number(expires);
  const end = expires === 'date' && date ? `${date}T23:59:59Z` : undefined;
  return {
    name: name.trim(),
    scopes: hasAll ? ['*'] : scopes,
    expires_at: days ? new Date(now + days * 86_400_000).toISOString() : (end ?? null),
    addresses: addresses.split(/[\s,]+/).filter(Boolean),
    limits: spans
      .filter((per) => limits[per].trim() !== '')
      .map((per) => ({ requests: Number(limits[per].replace(/[\s,]/g, '')), per })),
  };
}

/** What differs between two drafts, so that nothing else of a key is changed. */
export function changesOf(before: Draft, after: Draft) {
  const [old, now] = [before, after].map((draft) => ({ ...bodyOf(draft, 0), enabled: draft.enabled }));
  const isSame = (name: string) =>
    JSON.stringify(old?.[name as keyof typeof old]) === JSON.stringify(now?.[name as keyof typeof now]);
  const body = { ...bodyOf(after), enabled: after.enabled };
  return Object.fromEntries(Object.entries(body).filter(([name]) => !isSame(name))) as Partial<typeof body>;
}
