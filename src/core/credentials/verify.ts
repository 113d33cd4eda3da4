import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../failure.ts';
import type { House } from '../../house.ts';
import { anonymous, type Principal, rolesOf } from '../../principal.ts';
import { digest } from './token.ts';

interface Holder {
  id: number;
  user_id: number | null;
  account_id: number;
  role_ids: number[] | null;
  expired: boolean;
}

const tokenHolder = `
  select t.id, t.user_id, t.account_id, m.role_ids, t.expires <= now() as expired
  from oauth_tokens t left join memberships m on m.user_id = t.user_id and m.account_id = t.account_id
  where t.hash = ?`;

const keyHolder = `
  select k.id, k.user_id, k.account_id, m.role_ids, false as expired
  from api_keys k join memberships m on m.user_id = k.user_id and m.account_id = k.account_id
  where k.hash = ? and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`;

/** Every written form of an API key (design.md §4); anything else costs no statement. */
const keyForm = /^(mgp_[0-9a-f]{40}|pipeline_sk_[\w-]{32}|[0-9A-Za-z]{40})$/;

/** The user of a decoded OAuth token. Throws `unauthenticated`: unknown, or expired, signed out, or its user gone. */
export async function verifyToken(house: House, value: string): Promise<Principal> {
  const holder = value.length === 43 ? await find(house, tokenHolder, value) : undefined;
  if (!holder) {
    throw new Failure('unauthenticated', 'Invalid OAuth token.', { reason: { credential: 'token', state: 'unknown' } });
  }
  if (holder.expired || !holder.role_ids) {
    throw new Failure('unauthenticated', 'Expired OAuth token.', { reason: { credential: 'token', state: 'expired' } });
  }
  return principal(holder, { id: holder.id, value });
}

/**
 * What a key in the application key's place stands for: nobody yet for the application key itself, its user for an
 * active API key. Throws `unauthenticated` for any other, whatever is wrong with it.
 */
export async function verifyKey(house: House, key: string): Promise<Principal> {
  if (timingSafeEqual(digest(key), digest(house.installation.applicationKey))) return anonymous;
  const holder = keyForm.test(key) ? await find(house, keyHolder, key) : undefined;
  if (holder) return principal(holder);
  throw new Failure('unauthenticated', 'Invalid API key.', { reason: { credential: 'key', state: 'unknown' } });
}

async function find(house: House, sql: string, value: string): Promise<Holder | undefined> {
  const { rows } = await house.db.raw<{ rows: Holder[] }>(sql, [digest(value)]);
  return rows[0];
}

function principal(holder: Holder, token?: { id: number; value: string }): Principal {
  return {
    kind: 'user',
    userId: holder.user_id as number,
    accountId: holder.account_id,
    roles: rolesOf(holder.role_ids ?? []),
    ...(token && { token }),
  };
}
