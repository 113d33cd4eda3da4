import { randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Knex } from 'knex';
import type { House } from '../house.ts';
import { digest } from './digest.ts';

/** A new OAuth token: the decoded form that is shown to its user, and when it ends. */
export interface MintedToken {
  id: number;
  /** 43 URL-safe characters, 256 bits. */
  value: string;
  expires: string;
}

/** Makes an OAuth token of a user in an account; it ends after MAGE_ACCESS_TOKEN_EXPIRY_TIME seconds. */
export async function mintToken(house: House, db: Knex, userId: number, accountId: number): Promise<MintedToken> {
  const value = randomBytes(32).toString('base64url');
  const [row] = await db('oauth_tokens')
    .insert({
      hash: digest(value),
      hint: value.slice(0, 8),
      user_id: userId,
      account_id: accountId,
      expires: db.raw('now() + make_interval(secs => ?)', [house.config.accessTokenSeconds]),
    })
    .returning(['id', 'expires']);
  return { ...(row as { id: number; expires: string }), value };
}

/** The raw form of a token: an HS256 JWT of exactly two claims, `{expires, token}` (docs/compat/mage.md: Tokens). */
export function encodeToken(house: House, value: string, expires: string): Promise<string> {
  return new SignJWT({ expires: Date.parse(expires) / 1000, token: value })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(rawSecret(house));
}

function rawSecret({ installation }: House): Uint8Array {
  return installation.mageSecret ?? installation.tokenSecret;
}

/** The decoded form of a raw token, or undefined where it is not one of ours. */
export async function decodeToken(house: House, raw: string): Promise<string | undefined> {
  if (raw.length > 1024) return undefined;
  return jwtVerify(raw, rawSecret(house), { algorithms: ['HS256'] }).then(
    ({ payload }) => (typeof payload.token === 'string' ? payload.token : undefined),
    () => undefined,
  );
}
