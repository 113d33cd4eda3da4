import { Failure } from '../../contract/failure.ts';
import { verifyBearer } from '../../core/credentials/verify_bearer.ts';
import { verifyCookie } from '../../core/credentials/verify_session.ts';
import { anonymous } from '../../core/principal.ts';
import { ambiguous } from '../../wire/authenticate.ts';
import { signedBytes } from '../../wire/body.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Authenticate, Request } from '../../wire/surface.ts';
import { cookieOf } from './cookie.ts';

const byCookie =
  (name: string): Authenticate =>
  async (request, house) => {
    const value = cookieOf(request, name);
    return value === undefined ? undefined : verifyCookie(house, value);
  };

/** The key that a body asks about, by the operation. */
function askedIn({ path, body }: Request): string | undefined {
  const asked = path === '/verify' ? body?.key : path === '/introspect' ? body?.token : undefined;
  return typeof asked === 'string' && asked !== '' ? asked : undefined;
}

/** Two headers are refused even where they are the same (RFC 6750 §2). */
export const authenticate: Record<string, Authenticate> = {
  async bearer(request, house) {
    const { rawHeaders } = request;
    const sent = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
    if (sent.length > 1) throw ambiguous();
    const [carried, token = ''] = /^bearer(?: +(.*))?$/i.exec(request.get('authorization') ?? '') ?? [];
    if (carried === undefined) return undefined;
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new Failure('unauthenticated', 'Invalid or expired token.', {
        reason: { credential: 'token', state: 'malformed' },
      });
    }
    return verifyBearer(house, token, callerOf(request).address, askedIn(request));
  },
  cookie: byCookie('latchkey'),
  secure_cookie: byCookie('__Host-latchkey'),

  /** Who has signed these bytes is GitHub: nobody in particular. */
  async githubSignature(request, house) {
    const signature = request.get('github-public-key-signature');
    if (signature === undefined) return undefined;
    const keyId = request.get('github-public-key-identifier') ?? '';
    if (await house.githubKeys.signed(signedBytes(request), keyId, signature)) return anonymous;
    throw new Failure('unauthenticated', 'The signature does not hold.', {
      reason: { credential: 'token', state: 'unknown' },
    });
  },
};
