import { verifyKey, verifySession } from '../../core/credentials/verify.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Authenticate } from '../../wire/surface.ts';

/**
 * The token of an Authorization header: the word Bearer may be missing, and its spelling is free
 * (docs/compat/magpipe.md: Credentials).
 */
export function bearerOf(header: string | undefined): string | undefined {
  return header?.replace(/^\s*bearer(\s+|$)/i, '').trim();
}

/** A JWT has three parts; anything else is an API key, or nothing of ours. */
export const authenticate: Record<string, Authenticate> = {
  bearer: async (request, house) => {
    const token = bearerOf(request.get('authorization'));
    if (token === undefined || token === '') return undefined;
    return token.includes('.') ? verifySession(house, token) : verifyKey(house, token, callerOf(request).address);
  },
};
