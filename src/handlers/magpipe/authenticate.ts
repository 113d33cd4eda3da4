import { verifyBearer } from '../../core/credentials/verify_bearer.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Authenticate } from '../../wire/surface.ts';

/**
 * The token of an Authorization header: the word Bearer may be missing, and its spelling is free
 * (docs/compat/magpipe.md: Credentials).
 */
export function bearerOf(header: string | undefined): string | undefined {
  return header?.replace(/^\s*bearer(\s+|$)/i, '').trim();
}

export const authenticate: Record<string, Authenticate> = {
  bearer: async (request, house) => {
    const token = bearerOf(request.get('authorization'));
    if (token === undefined || token === '') return undefined;
    return verifyBearer(house, token, callerOf(request).address);
  },
};
