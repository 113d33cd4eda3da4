import { Failure } from '../../contract/failure.ts';
import { verifyKey } from '../../core/credentials/verify_key.ts';
import { verifySession } from '../../core/credentials/verify_session.ts';
import { opensFile } from '../../core/files/signed_access.ts';
import { anonymous } from '../../core/principal.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Authenticate } from '../../wire/surface.ts';

const jwt = /^bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i;
const scheme = /^api-key( |$)/i;
const wellFormed = /^[A-Za-z0-9._-]+$/;

/**
 * Who sent the one header of this surface (docs/compat/maiagent.md: Credentials): what is not written as a key must be
 * is told apart.
 */
export const authenticate: Record<string, Authenticate> = {
  async apiKey(request, house) {
    const header = request.get('authorization');
    if (header === undefined || jwt.test(header)) return undefined;
    const key = header.replace(scheme, '');
    const { any } = house.installation.importedKeys;
    const isWellFormed = wellFormed.test(key) || (any && /^[\x21-\x7e]+$/.test(key));
    if (!scheme.test(header) || !isWellFormed) {
      throw new Failure('unauthenticated', 'Invalid API key format.', {
        reason: { credential: 'key', state: 'malformed' },
      });
    }
    return verifyKey(house, key, callerOf(request).address);
  },

  /** Opens one file, for whoever has its address: nobody in particular. */
  async signature({ query, path }, house) {
    const { signature, expires } = query;
    if (typeof signature !== 'string') return undefined;
    const id = /^\/files\/([^/]+)\//.exec(path)?.[1] ?? '';
    if (opensFile(house, id, String(expires), signature)) return anonymous;
    throw new Failure('forbidden', 'This address was not given here, or it has expired.');
  },

  async session(request, house) {
    const token = jwt.exec(request.get('authorization') ?? '')?.[1];
    if (token === undefined) return undefined;
    return verifySession(house, token).catch((thrown) => {
      throw thrown instanceof Failure && thrown.kind === 'unauthenticated'
        ? notValid('Given token not valid for any token type')
        : thrown;
    });
  },
};

/** A session token, or a refresh token, that is not good; simplejwt's sentences. */
export function notValid(sentence: string): Failure {
  return new Failure('unauthenticated', sentence, { reason: { credential: 'token', state: 'expired' } });
}
