import type { Node } from '../contract/contract.ts';
import type { Request } from './surface.ts';

/** The values of a cookie, as often as it came; quotes around one are none of it (RFC 6265 §4.1.1). */
export function cookiesOf({ headers }: Request, name: string): string[] {
  const parts = (headers.cookie ?? '').split(';').map((part) => part.trim());
  const values = parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
  return values.map((value) => value.replace(/^"(.*)"$/, '$1'));
}

/**
 * The values of the cookie of a security scheme. Where the scheme gives way to a header (`x-unless`), a request that carries
 * that one carries no such cookie.
 */
export function schemeCookies(request: Request, { name, 'x-unless': unless }: Node): string[] {
  if (typeof unless === 'string' && request.get(unless) !== undefined) return [];
  return cookiesOf(request, String(name));
}

/** The header that a security scheme of a contract is carried in; none for one in the address. */
export function headerOf({ type, in: place, name }: Node): string | undefined {
  if (type === 'http') return 'Authorization';
  return place === 'cookie' ? 'Cookie' : place === 'header' ? String(name) : undefined;
}

/** Whether one place of a request carries a credential of this scheme twice, and not the same. */
export function isAmbiguous(request: Request, scheme: Node): boolean {
  const name = String(scheme.name);
  if (scheme.in === 'cookie') return new Set(schemeCookies(request, scheme)).size > 1;
  const header = headerOf(scheme)?.toLowerCase();
  if (header === undefined) return new Set([request.query[name]].flat()).size > 1;
  const { rawHeaders } = request;
  let sent: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== header.length || name.toLowerCase() !== header) continue;
    if (sent !== undefined && sent !== rawHeaders[at + 1]) return true;
    sent = rawHeaders[at + 1];
  }
  return false;
}
