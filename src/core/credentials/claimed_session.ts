import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { House } from '../house.ts';

/** A session token longer than this is none of ours; characters. */
const longest = 8192;
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The session and the user that a JWT names, where it is one that we have signed for us; none where it is not. Throws what `jose` throws. */
export async function claimedSession(
  house: House,
  jwt: string,
): Promise<{ id: string; sub: string | undefined } | undefined> {
  if (jwt.length > longest || !compact.test(jwt)) return undefined;
  const { kid, alg } = decodeProtectedHeader(jwt);
  const key = alg === 'ES256' && kid ? await house.signingKeys.find(kid) : undefined;
  if (!key) return undefined;
  const { payload } = await jwtVerify(jwt, key, {
    algorithms: ['ES256'],
    typ: 'JWT',
    issuer: house.installation.issuer,
    audience: 'authenticated',
    requiredClaims: ['sub', 'exp', 'iat', 'session_id'],
  });
  const { session_id: id, sub } = payload;
  return typeof id === 'string' && uuid.test(id) ? { id, sub } : undefined;
}
