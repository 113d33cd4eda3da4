import { Failure } from '../../contract/failure.ts';
import { verifyBearer } from '../../core/credentials/verify_bearer.ts';
import { verifyKey } from '../../core/credentials/verify_key.ts';
import { verifySession } from '../../core/credentials/verify_session.ts';
import { callerOf } from '../../wire/caller.ts';
import { cookiesOf } from '../../wire/security_schemes.ts';
import type { Authenticate, Request } from '../../wire/surface.ts';

/** The token of a Bearer header; any other Authorization is none of our business. */
const bearer = (request: Request) => /^\s*bearer\s+(.*?)\s*$/i.exec(request.get('authorization') ?? '')?.[1];

/** A JWT has three parts; anything else is an API key, or nothing of ours. */
const isJwt = (token: string) => token.includes('.');

/**
 * The security schemes of the Mystic contracts (docs/compat/mystic.md: Credentials). `Bearer None` is a token that is
 * none of ours.
 */
export const authenticate: Record<string, Authenticate> = {
  HTTPBearer: async (request, house) => {
    const token = bearer(request);
    if (token === undefined) return undefined;
    return verifyBearer(house, token, callerOf(request).address);
  },

  SessionBearer: async (request, house) => {
    const token = bearer(request);
    if (token === undefined) return undefined;
    if (isJwt(token)) return verifySession(house, token);
    const principal = await verifyKey(house, token, callerOf(request).address);
    if (principal.kind === 'user' && principal.sessionId !== undefined) return principal;
    throw new Failure('forbidden', 'Tokens are managed with a session token: sign in at /auth/v1/token.');
  },

  APIKeyCookie: async (request, house) => {
    const [token] = cookiesOf(request, 'access-token');
    return token === undefined ? undefined : verifySession(house, token);
  },
};
