import type { Dress } from './credential_of.ts';

/** How a body is written. */
export type Written = 'json' | 'form' | 'lines' | 'fields' | 'bytes';
/** How an answer is read. */
export type Read = 'json' | 'none' | 'events' | 'lines' | 'bytes';

/** An operation as it is sent. */
export interface Route {
  verb: string;
  /** With the surface's base before it, and names in braces. */
  path: string;
  /** How the credential stands in it; undefined where it takes none. */
  dress: Dress | undefined;
  body: Written | undefined;
  query: boolean;
  read: Read;
  /** How a list goes on, and the key of its items. */
  pages: { kind: string; items: string } | undefined;
  idempotent: boolean;
}

/**
 * Reads an operation as the generated tables write it, `POST /keys +json idempotent`: a verb, a path, and then in any order
 * `+json` (its body), `?` (it has a query), `>lines` (its answer), `cursor:results` (its pages), `idempotent` and `open`.
 */
export function readRoute(text: string, base: string, dress: Dress): Route {
  const [verb = '', path = '', ...words] = text.split(' ');
  const after = (sign: string) => words.find((word) => word.startsWith(sign) && word.length > 1)?.slice(1);
  const pages = words.find((word) => word.includes(':'))?.split(':');
  return {
    verb,
    path: base + path,
    dress: words.includes('open') ? undefined : dress,
    body: after('+') as Written | undefined,
    query: words.includes('?'),
    read: (after('>') as Read | undefined) ?? 'json',
    pages: pages && { kind: pages[0] ?? '', items: pages[1] ?? '' },
    idempotent: words.includes('idempotent'),
  };
}

/** The address of a route, with what belongs into its path. Throws `TypeError` for a value that would lead elsewhere. */
export function pathOf(route: Route, values: unknown[]): string {
  let at = 0;
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[at++];
    const text = value === undefined || value === null ? '' : String(value);
    // `.` and `..` are steps to something else, escaped or not.
    if (text === '' || text === '.' || text === '..')
      throw new TypeError(`${name} must be a text or a number, and is ${text === '' ? 'missing' : `"${text}"`}.`);
    return encodeURIComponent(text);
  });
}

/** A query as it stands in an address. Lists are joined with commas where their name says that they are lists. */
export function queryOf(values: object): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    const several = [value].flat();
    if (name.endsWith('[]')) pairs.append(name, several.join(','));
    else for (const one of several) pairs.append(name, one instanceof Date ? one.toISOString() : String(one));
  }
  const text = pairs.toString();
  return text && `?${text}`;
}
