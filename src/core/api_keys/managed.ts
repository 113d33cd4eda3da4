import type { Knex } from 'knex';
import type { ApiKey } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { idOf, uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { atLeast, type Principal, type Window } from '../principal.ts';
import { revokedDays } from '../retention.ts';
import type { BoundColumns, Credits } from './bounds.ts';
import { holderOf, withLastUse } from './index.ts';
import { type KeyState, stateOf } from './state.ts';

/** A key with its user, its credits and the other key of its pair. */
export interface ManagedKey extends Omit<ApiKey, 'limits' | 'refill' | 'metadata'>, BoundColumns {
  metadata: object;
  credits: number | null;
  state: KeyState;
  user_uuid: string;
  user_name: string;
  role_ids: number[];
  successor_uuid: string | null;
  predecessor_uuid: string | null;
  predecessor_until: string | null;
}

const credits = `case when k.refill is not null and c.refilled_at < date_trunc(k.refill->>'every', now(), 'UTC')
  then greatest(c.credits, (k.refill->>'amount')::int) else c.credits end`;

/** The keys that the caller may look at: their own, and for admins those of everybody in the account. */
export function visible(context: Context): Knex.QueryBuilder {
  const { userId, accountId } = holderOf(context);
  const { db, principal } = context;
  const found = db('api_keys as k')
    .join('users as u', 'u.id', 'k.user_id')
    .leftJoin('memberships as m', (on) => on.on('m.user_id', 'k.user_id').andOn('m.account_id', 'k.account_id'))
    .leftJoin('key_counters as c', 'c.id', 'k.counter_id')
    .leftJoin('api_keys as s', 's.id', 'k.successor_id')
    .leftJoin('api_keys as p', (on) => on.on('p.successor_id', 'k.id').andOn(db.raw('p.revoked_at > now()')))
    .where('k.account_id', accountId)
    .whereRaw(
      `(k.revoked_at is null or k.revoked_at > now() - make_interval(days => ?::int))
       and (k.expires_at is null or k.expires_at > now() - make_interval(days => ?::int))`,
      [revokedDays, revokedDays],
    )
    .select(
      'k.*',
      db.raw(`${credits} as credits, c.credits is not null as credited, ${stateOf('k')} as state, u.uuid as user_uuid,
        coalesce(u.username, u.email) as user_name, coalesce(m.role_ids, '{}') as role_ids,
        s.uuid as successor_uuid, p.uuid as predecessor_uuid, p.revoked_at as predecessor_until`),
    );
  return atLeast('admin', principal) ? found : found.where('k.user_id', userId);
}

/** What a list may be narrowed to. */
export interface KeyFilter {
  state?: KeyState;
  user?: string;
  name?: string;
  metadata?: string;
}

/** A page of them, the newest first. Throws `invalid`. */
export async function pageOfKeys(
  context: Context,
  { state, user, name, metadata }: KeyFilter,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<ManagedKey>> {
  const found = visible(context);
  if (state) found.whereRaw(`${stateOf('k')} = ?`, [state]);
  if (user) found.where('u.uuid', uuidOf('usr', user) ?? null);
  if (name) found.whereRaw('strpos(lower(k.name), lower(?)) > 0', [name]);
  if (metadata) found.whereRaw('k.metadata @> ?::jsonb', [objectOf(metadata)]);
  const by = [
    ['k.created_at', 'timestamptz'],
    ['k.id', 'int'],
  ] as const;
  return keysetPage<ManagedKey>(context.house, found, { ...page, list: 'keys', by: by as never, descending: true });
}

/** One key that the caller may look at. Throws `not_found`. */
export async function keyById(context: Context, id: string): Promise<ManagedKey> {
  const uuid = uuidOf('key', id);
  const key = uuid && ((await visible(context).where('k.uuid', uuid).first()) as ManagedKey | undefined);
  if (key) return key;
  throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
}

/** A key as it is shown: never with its hash. */
export function shownKey(context: Context, key: ManagedKey) {
  const { uuid, name, prefix, state, is_enabled, scopes, addresses, limits, metadata, created_at, updated_at } = key;
  const isPair = state === 'rotated' || (key.predecessor_uuid !== null && state === 'active');
  const pair = state === 'rotated' ? key.successor_uuid : key.predecessor_uuid;
  const until = state === 'rotated' ? key.revoked_at : key.predecessor_until;
  return {
    id: idOf('key', uuid),
    name,
    display: displayOf(prefix),
    state,
    enabled: is_enabled,
    scopes,
    addresses,
    limits: limits as Window[],
    credits: key.credits === null ? null : creditsOf(key),
    metadata: metadata as Record<string, unknown>,
    user: { id: idOf('usr', key.user_uuid), name: key.user_name },
    rotation:
      isPair && pair && until
        ? { role: state === 'rotated' ? ('old' as const) : ('new' as const), pair: idOf('key', pair), until }
        : null,
    created_at,
    updated_at,
    expires_at: key.expires_at,
    last_used_at: withLastUse(context, key as unknown as ApiKey).last_used_at,
    last_used_address: key.last_used_address,
    revoked_at: state === 'revoked' ? key.revoked_at : null,
    leaked_at: key.leaked_at,
  };
}

function creditsOf({ credits: remaining, refill }: ManagedKey) {
  return { remaining: remaining as number, refill: refill as NonNullable<Credits['refill']> | null };
}

/** The prefix and eight characters at most, then dots (seed 002). */
export function displayOf(prefix: string): string {
  return `${prefix}...`;
}

/** Throws `forbidden` where the key is somebody's whose role is above the caller's. */
export function standsAbove(principal: Principal, key: ManagedKey): void {
  if (principal.kind !== 'user' || key.user_id === principal.userId) return;
  const theirs = Math.min(...key.role_ids, 9);
  const roles = ['owner', 'admin', 'editor', 'viewer'] as const;
  const role = roles[theirs - 1];
  if (role === undefined || atLeast(role, principal)) return;
  throw new Failure('forbidden', 'This is a key of somebody whose role is above yours.');
}

function objectOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (value && typeof value === 'object' && !Array.isArray(value)) return text;
  } catch {
    // Said below.
  }
  const sentence = 'This must be a JSON object.';
  throw new Failure('invalid', sentence, { fields: { metadata: [sentence] } });
}
