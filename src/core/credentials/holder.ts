import { Failure } from '../../contract/failure.ts';
import { rowOf, statement } from '../../database/statement.ts';
import type { BoundColumns } from '../api_keys/bounds.ts';
import { type KeyState, stateOf } from '../api_keys/state.ts';
import type { Mark } from '../exact/remembered.ts';
import type { House } from '../house.ts';
import { type KeyBounds, type Principal, rolesOf } from '../principal.ts';
import { endOf, outlived } from '../sign_in/lifetime.ts';

/** Whoever holds a credential, as its table has it. */
export interface Holder {
  id: number | string;
  user_id: number | null;
  account_id: number;
  role_ids: number[] | null;
  dead: boolean;
  /** When it may have become another by itself: milliseconds of the database's clock; null: never. */
  until: number | null;
  /** Of the user, where it was asked for: under either name. */
  user_uuid?: string;
  sub?: string;
}

/** A key, whatever has become of it, with its user. */
export interface KeyHolder extends Holder, BoundColumns {
  id: number;
  user_id: number;
  hash: Buffer;
  name: string;
  metadata: unknown;
  created_at: string;
  user_uuid: string;
  user_name: string;
  state: KeyState;
}

/** A session, whatever has become of it, with its user. */
export interface SessionHolder extends Holder {
  /** The user's identifier, as in the claim `sub`. */
  sub: string;
  /** When its password was typed last. */
  signed_in_at: string;
}

/** SQL: the membership `m` that whatever acts for its user in an account acts by; a member who is switched off has none. */
export const memberOf = (alias: string) =>
  `m.user_id = ${alias}.user_id and m.account_id = ${alias}.account_id and m.disabled_at is null`;

/** SQL: the next of these times, in milliseconds; those that are over change nothing any more. */
const nextOf = (...times: string[]) =>
  `extract(epoch from least(${times.map((time) => `case when ${time} > now() then ${time} end`).join(', ')}))::float8 * 1000 as until`;

/** SQL: the holders of OAuth tokens, of keys, and of sessions. */
export const tokenHolder = `
  select t.id, t.user_id, t.account_id, m.role_ids, t.expires <= now() as dead, ${nextOf('t.expires')}
  from oauth_tokens t left join memberships m on ${memberOf('t')}`;

export const keyHolder = `
  select k.id, k.uuid, k.hash, k.user_id, k.account_id, m.role_ids, k.name, k.metadata, k.created_at,
    u.uuid as user_uuid, coalesce(u.username, u.email) as user_name, k.scopes, k.addresses, k.limits, k.refill, k.expires_at, k.counter_id,
    c.credits is not null as credited, ${stateOf('k')} as state, ${stateOf('k')} not in ('active', 'rotated') as dead,
    ${nextOf('k.revoked_at', 'k.expires_at')}
  from api_keys k join memberships m on ${memberOf('k')}
    join users u on u.id = k.user_id left join key_counters c on c.id = k.counter_id`;

export const sessionHolder = ({ config }: House) => `
  select s.id, s.user_id, s.account_id, m.role_ids, u.uuid as sub, greatest(s.created_at, s.reauthenticated_at) as signed_in_at,
    s.ended_at is not null or m.user_id is null or ${outlived(config, 's')} as dead,
    ${nextOf(endOf(config, 's'))}
  from sessions s join users u on u.id = s.user_id
    left join memberships m on ${memberOf('s')}`;

/** SQL: all that a verdict reads; the triggers of migrations/0044_exact.js tell of each column. */
export const heldColumns = (house: House) => [tokenHolder, keyHolder, sessionHolder(house)];

/**
 * A holder by what its table knows it by: from memory where that is exact, else in one statement.
 * @param kind what changes of it are told as (migrations/0044_exact.js)
 * @param value hexadecimal digits of a hash; of a session its id
 */
export async function findHolder<Found extends Holder>(
  house: House,
  kind: string,
  name: string,
  sql: string,
  value: string,
) {
  const key = `${kind}:${value}`;
  const known = house.exact.get<Found>(key);
  if (known) return known.row;
  const mark = house.exact.mark();
  const row = await rowOf(house.db, statement<Found>(name, sql), [kind === 's' ? value : Buffer.from(value, 'hex')]);
  rememberHolder(house, key, mark, row);
  return row;
}

/** Keeps what was found, or that nothing was, since `mark`: until it may have changed by itself, or somebody says that it has. */
export function rememberHolder({ exact }: House, key: string, mark: Mark | undefined, row: Holder | undefined): void {
  const subjects = row ? [`u:${row.user_id}`] : [];
  const { counter_id } = (row ?? {}) as Partial<KeyHolder>;
  if (counter_id) subjects.push(`n:${counter_id}`);
  exact.keep(key, mark, row, row?.until ?? Number.POSITIVE_INFINITY, subjects);
}

/** One who is known. */
export type User = Extract<Principal, { kind: 'user' }>;

/** One who acts by a key. */
export type KeyUser = User & { key: KeyBounds };

/** Whoever asks with a credential. */
export function principalOf({ user_id, account_id, role_ids, user_uuid, sub }: Holder) {
  const userUuid = user_uuid ?? sub;
  return {
    kind: 'user' as const,
    userId: user_id as number,
    accountId: account_id,
    roles: rolesOf(role_ids ?? []),
    ...(userUuid !== undefined && { userUuid }),
  };
}

/** Whose a key is, for those who count what was refused. */
export function heldBy({ account_id: accountId, uuid: key }: KeyHolder) {
  return { accountId, key };
}

/**
 * A refusal as `unauthenticated`.
 * @param guess it might have been one, and never was; the caller is not told
 */
export function refused(
  sentence: string,
  credential: 'key' | 'token' | 'cookie',
  state: 'unknown' | 'expired' | 'ended',
  guess = true,
  holder?: KeyHolder,
): Failure {
  const whose = holder && { holder: heldBy(holder) };
  return new Failure('unauthenticated', sentence, {
    reason: { credential, state, ...(!guess && { guess }), ...whose },
  });
}
