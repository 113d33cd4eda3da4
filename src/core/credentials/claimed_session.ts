import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { House } from '../house.ts';
import type { SigningKeys } from '../sign_in/signing.ts';
import { hexDigest } from './digest.ts';

/** A session token longer than this is none of ours; characters. */
const longest = 8192;
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The session and the user that a JWT names. */
interface Claimed {
  id: string;
  sub: string | undefined;
}

/** What was found of a JWT: it holds for as long as its key is ours, before `exp`, in seconds. */
interface Verified extends Claimed {
  kid: string;
  exp: number;
}

/** Tokens whose signatures hold, by their SHA-256, the oldest first; of the keys that they were checked with. */
const verified = new WeakMap<SigningKeys, Map<string, Verified>>();
const most = 20_000;

/** What a JWT claims, where it is one that we have signed for us; nothing where it is not. Throws what `jose` throws. */
export async function claimedSession({ signingKeys, installation }: House, jwt: string): Promise<Claimed | undefined> {
  if (jwt.length > longest || !compact.test(jwt)) return undefined;
  const known = verified.get(signingKeys) ?? new Map<string, Verified>();
  verified.set(signingKeys, known);
  const hash = hexDigest(jwt);
  const before = known.get(hash);
  const { kid, alg } = before ? { kid: before.kid, alg: 'ES256' } : decodeProtectedHeader(jwt);
  const key = alg === 'ES256' && kid ? await signingKeys.find(kid) : undefined;
  if (!key || !kid) return undefined;
  if (before && before.exp > Math.floor(Date.now() / 1000)) return before;
  const { payload } = await jwtVerify(jwt, key, {
    algorithms: ['ES256'],
    typ: 'JWT',
    issuer: installation.issuer,
    audience: 'authenticated',
    requiredClaims: ['sub', 'exp', 'iat', 'session_id'],
  });
  const { session_id: id, sub, exp = 0 } = payload;
  if (typeof id !== 'string' || !uuid.test(id)) return undefined;
  if (known.size >= most) known.delete(known.keys().next().value as string);
  known.set(hash, { id, sub, kid, exp });
  return { id, sub };
}
