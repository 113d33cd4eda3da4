import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit, type Happening } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { leftNow } from '../credentials/spend.ts';
import { noticeNewKey } from '../mail/queue.ts';
import type { KeyBounds } from '../principal.ts';
import { needFresh } from '../sign_in/fresh.ts';
import { emit } from '../webhooks/emit.ts';
import { boundsOf, checkBounds, type GivenBounds, strongerIn, tooStrong } from './bounds.ts';
import { count } from './counters.ts';
import { makeKey, prefixOf } from './form.ts';
import { checkedName, mintKey, news } from './index.ts';
import { keyById, type ManagedKey, shownKey, standsAbove } from './managed.ts';
import { storedMetadata } from './new_bounds.ts';

/** What may be said of a key, at its making or later. */
export interface KeyBody extends GivenBounds {
  name?: string;
  enabled?: boolean;
  metadata?: object;
}

/** Makes a key of the caller's. Throws `conflict` where they have as many as they may have. */
export async function createKey(context: Context, body: KeyBody & { name: string }) {
  needFresh(context);
  checkBounds(body);
  const { name, expires_at, ...bounds } = body;
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const made = await mintKey(within, name, undefined, { ...bounds, expiresAt: expires_at ?? null }).catch(asConflict);
    return { key: made.key, ...shownKey(within, await keyById(within, `key_${made.uuid.replaceAll('-', '')}`)) };
  });
}

/** Locks a key and looks at it again: nobody changes it from here to the end of the transaction. Throws `stale`. */
async function held(context: Context, id: string): Promise<ManagedKey> {
  const before = await keyById(context, id);
  await context.db('api_keys').where({ id: before.id }).forUpdate().first('id');
  const key = await keyById(context, id);
  await context.precondition?.(shownKey(context, key));
  return key;
}

/** Changes what is given. Throws `forbidden` for what makes it stronger, where that needs another credential. */
export async function updateKey(context: Context, id: string, body: KeyBody) {
  checkBounds(body);
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const key = await held(within, id);
    standsAbove(context.principal, key);
    const { credits, expires_at, limits, metadata, enabled, name, ...lists } = body;
    const before = boundsOf(key);
    const after: KeyBounds = {
      ...before,
      ...lists,
      ...(limits && { limits }),
      ...(expires_at !== undefined && { expiresAt: expires_at }),
      ...(credits !== undefined && { credited: credits !== null, refill: credits?.refill ?? null }),
    };
    const more = credits ? credits.remaining > (key.credits ?? Number.POSITIVE_INFINITY) : false;
    const grown = strongerIn(after, before) ?? (more ? 'credits' : undefined);
    const isRevived = enabled === true && !key.is_enabled;
    if (grown || isRevived) await mayStrengthen(within, key, after, credits?.remaining);
    const changes = {
      ...lists,
      ...(name !== undefined && { name: checkedName(name) }),
      ...(enabled !== undefined && { is_enabled: enabled }),
      ...(limits && { limits: JSON.stringify(limits) }),
      ...(expires_at !== undefined && { expires_at }),
      ...(credits !== undefined && { refill: credits?.refill ? JSON.stringify(credits.refill) : null }),
      ...(metadata && { metadata: storedMetadata(metadata) }),
      updated_at: db.fn.now() as unknown as string,
    };
    await db('api_keys').where({ id: key.id }).update(changes);
    if (credits !== undefined) await count(db, key.id, credits?.remaining ?? null);
    else if (limits) await count(db, key.id, key.credits);
    const happened: Happening[] = [];
    if (name !== undefined) happened.push('key_renamed');
    if (enabled !== undefined) happened.push(enabled ? 'key_enabled' : 'key_disabled');
    const bounds = Object.keys(body).filter((field) => field !== 'name' && field !== 'enabled');
    for (const what of happened) await audit(within, what, key.uuid);
    if (bounds.length > 0) await audit(within, 'key_changed', key.uuid, undefined, { fields: bounds });
    return shownKey(within, await keyById(within, id));
  });
}

/** Throws `forbidden` where the caller may not make this key as strong as that. */
async function mayStrengthen(context: Context, key: ManagedKey, after: KeyBounds, remaining = key.credits ?? 0) {
  const { principal, db } = context;
  if (principal.kind !== 'user') return;
  if (key.user_id !== principal.userId) throw new Failure('forbidden', 'Only its user makes a key stronger.');
  needFresh(context);
  const own = principal.key;
  if (!own) return;
  const stronger = strongerIn(after, own);
  if (stronger) throw tooStrong(stronger);
  if (!own.credited) return;
  const left = (await leftNow(db, own)).credits ?? 0;
  if (own.uuid === key.uuid || after.refill !== null || remaining > left) throw tooStrong('credits');
}

/** Revokes a key, at once and for good. Throws `not_found` for one that is revoked. */
export async function revokeKeyById(context: Context, id: string): Promise<void> {
  await context.db.transaction(async (db) => {
    const within = { ...context, db };
    const key = await held(within, id);
    if (key.state === 'revoked') throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
    standsAbove(context.principal, key);
    const now = db.fn.now() as unknown as string;
    await db('api_keys').where({ id: key.id }).update({ revoked_at: now, updated_at: now });
    await audit(within, 'key_revoked', key.uuid);
    await emit(within, 'key.revoked', news(key as unknown as ApiKey));
  });
}

/**
 * Gives a key a successor with all that it is; the old one works on for `grace` seconds. Two at once: the user's row is locked,
 * and the second finds a successor. Throws `conflict` where there is one, or where the key has ended; `forbidden` for a key
 * that is not the caller's own, or is stronger than the one that asks.
 */
export async function rotateKey(context: Context, id: string, grace: number) {
  needFresh(context);
  const { principal } = context;
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const found = await keyById(within, id);
    if (principal.kind === 'user' && found.user_id !== principal.userId)
      throw new Failure('forbidden', 'Only its user rotates a key: whoever has the secret acts as they do.');
    await db('users').where({ id: found.user_id }).forUpdate().first('id');
    const old = await held(within, id);
    if (old.state === 'rotated' || old.successor_id !== null)
      throw new Failure('conflict', 'This key has been rotated: rotate its successor.');
    if (old.state !== 'active' && old.state !== 'disabled')
      throw new Failure('conflict', `This key is ${old.state}: generate another.`);
    const own = principal.kind === 'user' ? principal.key : undefined;
    const stronger = own && own.uuid !== old.uuid ? strongerIn(boundsOf(old), own) : undefined;
    if (stronger) throw tooStrong(stronger);
    if (own?.credited && own.uuid !== old.uuid) throw tooStrong('credits');
    const key = makeKey();
    const uuid = randomUUID();
    const { rows } = await db.raw(
      `insert into api_keys (uuid, hash, prefix, checksummed, name, account_id, user_id, expires_at, is_enabled, scopes,
         addresses, limits, refill, metadata, counter_id, imported)
       select ?, ?, ?, true, name, account_id, user_id, expires_at, is_enabled, scopes, addresses, limits, refill, metadata,
         counter_id, imported from api_keys where id = ? returning id`,
      [uuid, digest(key), prefixOf(key), old.id],
    );
    const successor = (rows as { id: number }[])[0]?.id as number;
    const until = db.raw('now() + make_interval(secs => ?::int)', [grace]) as unknown as string;
    await db('api_keys').where({ id: old.id }).update({ successor_id: successor, revoked_at: until });
    await audit(within, 'key_rotated', old.uuid, undefined, { successor: uuid });
    const made = await keyById(within, `key_${uuid.replaceAll('-', '')}`);
    await emit(within, 'key.created', news(made as unknown as ApiKey));
    await noticeNewKey(within, made);
    return { key, ...shownKey(within, made) };
  });
}

/** Too many keys are a clash with what is there. */
function asConflict(thrown: unknown): never {
  const isFull =
    thrown instanceof Failure && thrown.reason && 'key' in thrown.reason && thrown.reason.key === 'too_many_keys';
  if (!isFull) throw thrown;
  const most = /\d+/.exec(thrown.message)?.[0];
  throw new Failure('conflict', `You have ${most} active keys, which is the most: revoke one first.`);
}
