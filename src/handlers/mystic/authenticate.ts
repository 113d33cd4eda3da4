import type { Authenticate } from '../../authenticate.ts';
import { verifyKey, verifySession } from '../../core/credentials/verify.ts';
import { Failure } from '../../failure.ts';
import type { Request } from '../../surface.ts';

/** The token of a Bearer header; any other Authorization is none of our business. */
const bearer = (request: Request) => /^\s*bearer\s+(.*?)\s*$/i.exec(request.get('authorization') ?? '')?.[1];

/** A JWT has three parts; anything else is an API key, or nothing of ours. */
const isJwt = (token: string) => token.includes('.');

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** The security schemes of the Mystic contracts (wire/mystic.md §1.1). `Bearer None` is a token that is none of ours. */
export const authenticate: Record<string, Authenticate> = {
  HTTPBearer: async (request, house) => {
    const token = bearer(request);
    if (token === undefined) return undefined;
    return isJwt(token) ? verifySession(house, token) : verifyKey(house, token);
  },

  SessionBearer: async (request, house) => {
    const token = bearer(request);
    if (token === undefined) return undefined;
    if (isJwt(token)) return verifySession(house, token);
    await verifyKey(house, token);
    throw new Failure('forbidden', 'Tokens are managed with a session token: sign in at /auth/v1/token.');
  },

  APIKeyCookie: async (request, house) => {
    const cookies = (request.get('cookie') ?? '').split(';').map((part) => part.trim());
    const token = cookies.find((part) => part.startsWith('access-token='))?.slice('access-token='.length);
    if (token === undefined) return undefined;
    if (!reads.has(request.method) && isForeign(request)) {
      throw new Failure('forbidden', 'This was asked for by another site: a cookie does not count here.');
    }
    return verifySession(house, token);
  },
};

/** Whether another site made the browser ask: it sends the cookie along without anybody having wanted it. */
function isForeign(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = request.get('origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.get('host');
}
