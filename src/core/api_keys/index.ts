import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiKey } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { noticeNewKey } from '../mail/queue.ts';
import { nameFault } from '../names.ts';
import { revokedDays } from '../retention.ts';
import { placeOf } from '../sealing/rows.ts';
import { isSealed, type Seal } from '../sealing/seal.ts';
import { isUuid } from '../uuid.ts';
import { emit } from '../webhooks/emit.ts';
import type { GivenBounds } from './bounds.ts';
import { count } from './counters.ts';
import { formOf, makeKey, prefixOf } from './form.ts';
import { newBounds } from './new_bounds.ts';

/** Why a key could not be minted. */
export type Refused = 'name_missing' | 'name_too_long' | 'too_many_keys';

interface Holder {
  userId: number;
  accountId: number;
}

/** Who holds the keys that this call is about: the caller. Throws `unauthenticated` where nobody is signed in. */
export function holderOf({ principal }: Context): Holder {
  if (principal.kind === 'user') return principal;
  throw new Failure('unauthenticated', 'Keys belong to users: sign in first.');
}

const active = (query: { whereNull(name: string): unknown; whereRaw(sql: string): unknown }) => {
  query.whereNull('revoked_at');
  query.whereRaw('(expires_at is null or expires_at > now())');
};

/**
 * Throws `forbidden` for a webhook that would never be called: what happens in an account is heard by those who may
 * look at it.
 */
function checkListener({ principal }: Context, url: string | null | undefined): void {
  if (!url || (principal.kind === 'user' && principal.roles.length > 0)) return;
  throw new Failure('forbidden', 'A webhook needs a role in the account: without one, nothing would be sent to it');
}

/** What a new key is, besides its name and its webhook. */
interface Minting extends GivenBounds {
  key?: string;
  expiresAt?: string | null;
  metadata?: object;
}

/**
 * Mints a key for the caller, of our own form unless one is given; the key itself is in this answer and nowhere else.
 * The name is trimmed, 1 to 64 characters. Two calls at once cannot pass the limit: the user's row is locked while they
 * count. What is minted with a key is no stronger than that key: see `newBounds`. Throws `invalid` with its reason, `forbidden` for a
 * webhook without a role.
 */
export async function mintKey(
  context: Context,
  name: string,
  webhookUrl?: string,
  { key = makeKey(), expiresAt = null, ...given }: Minting = {},
): Promise<ApiKey & { key: string }> {
  const { userId, accountId } = holderOf(context);
  const keyId = context.principal.kind === 'user' ? (context.principal.keyId ?? null) : null;
  const trimmed = checkedName(name);
  checkListener(context, webhookUrl);
  const uuid = randomUUID();
  const { seal } = context.house.installation;
  return context.db.transaction(async (db) => {
    await db('users').where({ id: userId }).forUpdate().first('id');
    const held = await heldKeys({ db }, userId);
    const { keysPerUser } = context.house.config;
    if (held >= keysPerUser) {
      throw refused('too_many_keys', `Maximum of ${keysPerUser} active API keys allowed`);
    }
    const { columns, credits } = await newBounds({ ...context, db }, given);
    const [made] = await db('api_keys')
      .insert({
        uuid,
        hash: digest(key),
        prefix: prefixOf(key),
        name: trimmed,
        account_id: accountId,
        user_id: userId,
        checksummed: formOf(key) === 'checked',
        expires_at: db.raw('least(?::timestamptz, (select expires_at from api_keys where id = ?))', [expiresAt, keyId]),
        webhook_url: webhookUrl ?? null,
        webhook_secret: webhookUrl === undefined ? null : sealedSecret(seal, uuid),
        ...columns,
      })
      .returning('*');
    if (credits !== null || columns.limits !== '[]') await count(db, (made as ApiKey).id, credits);
    await audit({ ...context, db }, 'key_minted', (made as ApiKey).uuid);
    if (webhookUrl !== undefined) await auditWebhook({ ...context, db }, made as ApiKey);
    await emit({ ...context, db }, 'key.created', news(made as ApiKey));
    await noticeNewKey({ ...context, db }, made as ApiKey);
    return { ...withWebhookSecret(seal, made as ApiKey), key };
  });
}

/** How many keys a user has of those that there is a limit to. */
export async function heldKeys({ db }: Pick<Context, 'db'>, userId: number): Promise<number> {
  const [row] = await db('api_keys').where({ user_id: userId, imported: false }).modify(active).count({ count: '*' });
  return Number(row?.count);
}

/** Of the revoked keys, lists show so many. */
const mostRevoked = 100;

/**
 * The caller's keys, the newest first: all that hold, and the newest of those that were revoked in the last 90 days.
 */
export async function listKeys(context: Context): Promise<ApiKey[]> {
  const { userId, accountId } = holderOf(context);
  const mine = () => context.db('api_keys').where({ user_id: userId, account_id: accountId });
  const revoked = mine()
    .whereNotNull('revoked_at')
    .whereRaw('revoked_at > now() - make_interval(days => ?::int)', [revokedDays])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(mostRevoked)
    .select('id');
  const keys: ApiKey[] = await mine()
    .where((one) => void one.whereNull('revoked_at').orWhereIn('id', revoked))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  return keys.map((key) => withWebhookSecret(context.house.installation.seal, withLastUse(context, key)));
}

/** A key with its last use, also where that is written later. Times of one form sort as text. */
export function withLastUse({ house }: Context, key: ApiKey): ApiKey {
  const latest = house.usedKeys.latest(key.id);
  return latest && latest > (key.last_used_at ?? '') ? { ...key, last_used_at: latest } : key;
}

/** Revokes one of the caller's keys, at once and for good. False where there is no such active key. */
export async function revokeKey(context: Context, uuid: string): Promise<boolean> {
  const { userId, accountId } = holderOf(context);
  return context.db.transaction(async (db) => {
    const mine = { user_id: userId, account_id: accountId, uuid: identifier(uuid) };
    const [revoked] = await db('api_keys')
      .where(mine)
      .whereRaw('(revoked_at is null or revoked_at > now())')
      .update({ revoked_at: db.fn.now(), updated_at: db.fn.now() })
      .returning('*');
    if (!revoked) return false;
    await audit({ ...context, db }, 'key_revoked', revoked.uuid);
    await emit({ ...context, db }, 'key.revoked', news(revoked as ApiKey));
    return true;
  });
}

/** Gives a key another name. False where the caller has no such key. Throws `invalid` for the name. */
export async function renameKey(context: Context, uuid: string, name: string): Promise<boolean> {
  const { userId, accountId } = holderOf(context);
  const trimmed = checkedName(name);
  return context.db.transaction(async (db) => {
    const renamed = await db('api_keys')
      .where({ user_id: userId, account_id: accountId, uuid: identifier(uuid) })
      .update({ name: trimmed, updated_at: db.fn.now() as unknown as string });
    if (renamed > 0) await audit({ ...context, db }, 'key_renamed', identifier(uuid));
    return renamed > 0;
  });
}

/**
 * Sets where a key's events go, or that they go nowhere (null). The secret is made with the first URL, kept when the
 * URL changes, and removed with it (docs/compat/magpipe.md: The secret). Undefined where the caller has no such key.
 * Throws `forbidden` without a role.
 */
export async function setWebhook(context: Context, uuid: string, url: string | null): Promise<ApiKey | undefined> {
  const { userId, accountId } = holderOf(context);
  checkListener(context, url);
  const { seal } = context.house.installation;
  const made = sealedSecret(seal, identifier(uuid));
  const secret = url === null ? null : context.db.raw('coalesce(webhook_secret, ?)', [made]);
  return context.db.transaction(async (db) => {
    const mine = { user_id: userId, account_id: accountId, uuid: identifier(uuid) };
    const before = await db('api_keys').where(mine).forUpdate().first('webhook_url');
    const changes = { webhook_url: url, webhook_secret: secret as unknown as string };
    const [key] = await db('api_keys').where(mine).update(changes).returning('*');
    if (key && key.webhook_url !== before?.webhook_url) await auditWebhook({ ...context, db }, key);
    return key && withWebhookSecret(seal, key as ApiKey);
  });
}

/** Where a key's events go from now on: the host, as paths and queries may hold secrets. */
function auditWebhook(context: Context, { uuid, webhook_url }: ApiKey): Promise<void> {
  if (webhook_url === null) return audit(context, 'webhook_cleared', uuid);
  return audit(context, 'webhook_set', uuid, undefined, { host: new URL(webhook_url).host });
}

/** Throws `invalid`. */
export function checkedName(name: string): string {
  const trimmed = name.normalize('NFC').trim();
  if (trimmed === '') throw refused('name_missing', 'Key name is required');
  if ([...trimmed].length > 64) throw refused('name_too_long', 'Key name must be 64 characters or less');
  const fault = nameFault(trimmed);
  if (fault) throw new Failure('invalid', `Key name: ${fault}`, { fields: { name: [fault] } });
  return trimmed;
}

/** What is no UUID names no key. */
export function identifier(uuid: string): string {
  return isUuid(uuid) ? uuid.toLowerCase() : '00000000-0000-0000-0000-000000000000';
}

/** What webhooks hear of a key. */
export function news({ uuid, name, prefix, created_at }: ApiKey) {
  return { key_id: uuid, name, key_prefix: prefix.slice(0, 8), created_at };
}

/** What signs the deliveries of one key. */
export function makeWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('hex')}`;
}

function sealedSecret(seal: Seal, uuid: string): string {
  return seal.seal(makeWebhookSecret(), placeOf.webhook(uuid));
}

/** A key with its webhook's secret as the receiver knows it, however it is kept. */
export function withWebhookSecret<Key extends Pick<ApiKey, 'uuid' | 'webhook_secret'>>(seal: Seal, key: Key): Key {
  const { uuid, webhook_secret: kept } = key;
  return kept && isSealed(kept) ? { ...key, webhook_secret: seal.open(kept, placeOf.webhook(uuid)) } : key;
}

/** Why no key was minted. */
export function refused(why: Refused, sentence: string): Failure {
  return new Failure('invalid', sentence, { reason: { key: why } });
}
