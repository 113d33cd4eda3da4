import { Failure } from '../../contract/failure.ts';
import { verifyApplicationKey } from '../../core/credentials/verify_key.ts';
import { verifySession } from '../../core/credentials/verify_session.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Authenticate } from '../../wire/surface.ts';

/** The gateway's key: the application key, or an API key in its place; it lets in, and names nobody. */
const gateway =
  (carry: (request: Parameters<Authenticate>[0]) => unknown): Authenticate =>
  async (request, house) => {
    const key = carry(request);
    if (typeof key !== 'string' || key === '') return undefined;
    await verifyApplicationKey(house, key, callerOf(request).address);
    return { kind: 'anonymous' };
  };

export const authenticate: Record<string, Authenticate> = {
  apikey: gateway((request) => request.get('apikey')),
  apikeyQuery: gateway(({ query }) => query.apikey),

  /** A session's JWT, after the word Bearer and one space; API keys are no sessions, and open nothing here. */
  bearer: async (request, house) => {
    const [, token] = /^bearer (\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
    if (token) return verifySession(house, token);
    throw new Failure('unauthenticated', 'This endpoint requires a valid Bearer token', {
      reason: { credential: 'token', state: 'missing' },
    });
  },
};
