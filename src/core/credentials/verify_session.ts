import type { House } from '../house.ts';
import type { Principal } from '../principal.ts';
import { claimedSession } from './claimed_session.ts';
import { hexDigest } from './digest.ts';
import {
  findHolder,
  principalOf,
  refused,
  type SessionHolder,
  sessionHolder,
  tokenHolder,
  type User,
} from './holder.ts';

/** The user of a decoded OAuth token. Throws `unauthenticated`: unknown, or expired, signed out, or its user gone. */
export async function verifyToken(house: House, value: string): Promise<Principal> {
  const holder =
    value.length === 43
      ? await findHolder(house, 't', 'token_holder', `${tokenHolder} where t.hash = $1`, hexDigest(value))
      : undefined;
  if (!holder) throw refused('Invalid OAuth token.', 'token', 'unknown', value.length === 43);
  if (holder.dead || !holder.role_ids) throw refused('Expired OAuth token.', 'token', 'expired');
  return { ...principalOf(holder), token: { id: Number(holder.id), value } };
}

/** The user of a command line's session. Throws as `verifyKey` does: its token stands in a key's place. */
export async function verifyCliSession(house: House, token: string): Promise<User> {
  const sql = `${sessionHolder(house)} where s.cli_token_hash = $1`;
  const holder = await findHolder<SessionHolder>(house, 'l', 'cli_session_holder', sql, hexDigest(token));
  if (!holder || holder.dead) throw refused('Invalid API key.', 'key', 'unknown', !holder);
  return ofSession(holder);
}

/** The user of a console's session, by the value of its cookie. Throws `unauthenticated`. */
export async function verifyCookie(house: House, value: string): Promise<User> {
  const sql = `${sessionHolder(house)} where s.cookie_hash = $1`;
  const holder =
    value.length === 43
      ? await findHolder<SessionHolder>(house, 'c', 'cookie_holder', sql, hexDigest(value))
      : undefined;
  if (!holder) throw refused('Invalid session.', 'cookie', 'unknown', value.length === 43);
  if (holder.dead) throw refused('Invalid session.', 'cookie', 'ended');
  return ofSession(holder);
}

/**
 * The user of a session's JWT (RFC 8725): ES256 and nothing else, `typ` JWT, one of our keys by its `kid`, our issuer and
 * audience, and a session of the user in `sub` that goes on. Headers that bring a key of their own are not looked at. Throws
 * `unauthenticated`: `unknown` for no token of ours, `ended` for a good one whose session is over.
 */
export async function verifySession(house: House, jwt: string): Promise<User> {
  const claimed = await claimedSession(house, jwt).catch(() => undefined);
  if (!claimed) throw refused('Invalid session token.', 'token', 'unknown');
  const holder = await findHolder<SessionHolder>(
    house,
    's',
    'session_holder',
    `${sessionHolder(house)} where s.id = $1`,
    claimed.id,
  );
  if (!holder) throw refused('Invalid session token.', 'token', 'ended');
  if (holder.sub !== claimed.sub) throw refused('Invalid session token.', 'token', 'unknown');
  if (holder.dead) throw refused('Invalid session token.', 'token', 'ended');
  return ofSession(holder);
}

function ofSession(holder: SessionHolder): User {
  return { ...principalOf(holder), sessionId: String(holder.id), signedInAt: holder.signed_in_at };
}
