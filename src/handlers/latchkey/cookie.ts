import { callerOf } from '../../wire/caller.ts';
import { cookiesOf } from '../../wire/security_schemes.ts';
import type { Request } from '../../wire/surface.ts';

/** As long as a browser keeps any cookie; days. */
const longest = 400;

/** `__Host-` has browsers take it over TLS and from this very host only, so it is for https alone. */
const nameFor = (origin: string) => (origin.startsWith('https:') ? '__Host-latchkey' : 'latchkey');

/** The value of the console's cookie, of the scheme by this name; it is of no use at an origin of the other kind. */
export function cookieOf(request: Request, name = nameFor(callerOf(request).origin)): string | undefined {
  if (request.get('authorization') !== undefined || name !== nameFor(callerOf(request).origin)) return undefined;
  return cookiesOf(request, name)[0];
}

/** A `Set-Cookie` for pages of this origin: the value for so many days, 0 for as long as may be; without a value, its end. */
export function cookieHeader(origin: string, value?: string, days = 0): string {
  const age = value === undefined ? 0 : Math.min(days || longest, longest) * 86_400;
  const isSecure = origin.startsWith('https:');
  const parts = [`${nameFor(origin)}=${value ?? ''}`, `Max-Age=${age}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ');
}
