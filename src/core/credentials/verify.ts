import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../contract/failure.ts';
import { rowOf, rowsOf, statement } from '../../database/statement.ts';
import { type BoundColumns, boundsOf } from '../api_keys/bounds.ts';
import { formOf } from '../api_keys/form.ts';
import { type KeyState, stateOf } from '../api_keys/state.ts';
import type { Context } from '../context.ts';
import type { Known, Mark } from '../exact/remembered.ts';
import type { House } from '../house.ts';
import { isWithin } from '../ip_network.ts';
import { anonymous, atLeast, type KeyBounds, type Principal, type Role, rolesOf } from '../principal.ts';
import { endOf, outlived } from '../sign_in/lifetime.ts';
import { claimedSession } from './claimed_session.ts';
import { digest, hexDigest, longDigest } from './digest.ts';

interface Holder {
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

interface SessionHolder extends Holder {
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

const tokenHolder = `
  select t.id, t.user_id, t.account_id, m.role_ids, t.expires <= now() as dead, ${nextOf('t.expires')}
  from oauth_tokens t left join memberships m on ${memberOf('t')}`;

const keyHolder = `
  select k.id, k.uuid, k.hash, k.user_id, k.account_id, m.role_ids, k.name, k.metadata, k.created_at,
    u.uuid as user_uuid, coalesce(u.username, u.email) as user_name, k.scopes, k.addresses, k.limits, k.refill, k.expires_at, k.counter_id,
    c.credits is not null as credited, ${stateOf('k')} as state, ${stateOf('k')} not in ('active', 'rotated') as dead,
    ${nextOf('k.revoked_at', 'k.expires_at')}
  from api_keys k join memberships m on ${memberOf('k')}
    join users u on u.id = k.user_id left join key_counters c on c.id = k.counter_id`;

const keyHolders = statement<KeyHolder>('key_holders', `${keyHolder} where k.hash in ($1, $2)`);

const sessionHolder = ({ config }: House) => `
  select s.id, s.user_id, s.account_id, m.role_ids, u.uuid as sub, greatest(s.created_at, s.reauthenticated_at) as signed_in_at,
    s.ended_at is not null or m.user_id is null or ${outlived(config, 's')} as dead,
    ${nextOf(endOf(config, 's'))}
  from sessions s join users u on u.id = s.user_id
    left join memberships m on ${memberOf('s')}`;

/** SQL: all that a verdict reads; the triggers of migrations/0044_exact.js tell of each column. */
export const heldColumns = (house: House) => [tokenHolder, keyHolder, sessionHolder(house)];

/** The user of a decoded OAuth token. Throws `unauthenticated`: unknown, or expired, signed out, or its user gone. */
export async function verifyToken(house: House, value: string): Promise<Principal> {
  const holder =
    value.length === 43
      ? await find(house, 't', 'token_holder', `${tokenHolder} where t.hash = $1`, hexDigest(value))
      : undefined;
  if (!holder) throw refused('Invalid OAuth token.', 'token', 'unknown', value.length === 43);
  if (holder.dead || !holder.role_ids) throw refused('Expired OAuth token.', 'token', 'expired');
  return { ...principal(holder), token: { id: Number(holder.id), value } };
}

/** What a key in the application key's place stands for: nobody yet for the application key itself, else the key's user. */
export async function verifyApplicationKey(house: House, key: string, address?: string): Promise<Principal> {
  if (timingSafeEqual(digest(key), digest(house.installation.applicationKey))) return anonymous;
  return verifyKey(house, key, address);
}

/**
 * The user of an active API key, in one statement; none for what cannot be a key of ours. Throws `unauthenticated`, the
 * same for unknown, revoked, switched off and expired: they cost the same, and nobody is told which it was; and `forbidden`
 * for a key that may not be used from this address. Its limits and credits are for whoever knows what the call costs: see
 * `spend`. `beside` is a key that the caller asks about, which is looked up with it: see `askedKey`.
 */
export async function verifyKey(house: House, key: string, address = '', beside?: string): Promise<User> {
  if (formOf(key) === 'session') return verifyCliSession(house, key);
  const [holder, other] = beside === undefined ? [await findKey(house, key)] : await findKeys(house, key, beside);
  if (!holder || holder.dead) {
    const possible = formOf(key) !== undefined || house.installation.importedKeys.any;
    throw refused('Invalid API key.', 'key', 'unknown', possible && !holder, holder);
  }
  const { addresses } = holder;
  if (addresses.length > 0 && !isWithin(address, addresses)) {
    throw new Failure('forbidden', 'This key may not be used from this address.', {
      reason: { holder: heldBy(holder) },
    });
  }
  house.usedKeys.note(holder.id, { address });
  const user = keyPrincipal(holder);
  if (beside !== undefined) besides.set(user.key, { key: beside, holder: other });
  return user;
}

/** Keys that were asked about, as they were found beside those that ask. */
const besides = new WeakMap<KeyBounds, { key: string; holder: KeyHolder | undefined }>();

/** A key that the caller asks about: it was looked up with the caller's own, if that was a key. */
export async function askedKey({ house, principal }: Context, key: string): Promise<KeyHolder | undefined> {
  const found = principal.kind === 'user' && principal.key ? besides.get(principal.key) : undefined;
  return found?.key === key ? found.holder : findKey(house, key);
}

/**
 * A key and its user, whatever has become of it, in one statement; none for what cannot be a key of ours. Where keys of another
 * system were imported, anything could be one; those by their SHA-512 are looked for where there is no other.
 */
export async function findKey(house: House, key: string): Promise<KeyHolder | undefined> {
  if (!mayBeKey(house, key)) return undefined;
  const by = (hash: string) => find<KeyHolder>(house, 'k', 'key_holder', `${keyHolder} where k.hash = $1`, hash);
  const found = await by(hexDigest(key));
  return found ?? (house.installation.importedKeys.sha512 ? by(longDigest(key).toString('hex')) : undefined);
}

/** What is known of a key for certain, this very moment, without asking anybody. Undefined where the database has to be asked. */
export function knownKey({ exact }: House, key: string): Known<KeyHolder> | undefined {
  return exact.get<KeyHolder>(`k:${hexDigest(key)}`);
}

/** Two of them, in one statement where that can be. */
async function findKeys(house: House, one: string, two: string): Promise<(KeyHolder | undefined)[]> {
  const isAlone = house.installation.importedKeys.sha512 || ![one, two].every((key) => mayBeKey(house, key));
  const isKnown = (key: string) => house.exact.get(`k:${hexDigest(key)}`) !== undefined;
  if (isAlone || isKnown(one) || isKnown(two)) return [await findKey(house, one), await findKey(house, two)];
  const { exact, db } = house;
  const keys = [hexDigest(one), hexDigest(two)];
  const mark = exact.mark();
  const rows = await rowsOf(
    db,
    keyHolders,
    keys.map((hash) => Buffer.from(hash, 'hex')),
  );
  return keys.map((hash) => {
    const row = rows.find((each) => each.hash.toString('hex') === hash);
    remember(house, `k:${hash}`, mark, row);
    return row;
  });
}

function mayBeKey({ installation: { uncheckedKeys, importedKeys } }: House, key: string): boolean {
  const form = formOf(key);
  if (form === 'session') return false;
  return importedKeys.any || (form !== undefined && (form !== 'unchecked' || uncheckedKeys));
}

/**
 * The user of what stands after the word Bearer: a session's JWT, which has dots, or an API key, which has none unless it came
 * from another system. Throws as `verifySession` and `verifyKey` do.
 */
export async function verifyBearer(house: House, token: string, address: string, beside?: string): Promise<User> {
  if (!token.includes('.')) return verifyKey(house, token, address, beside);
  return verifySession(house, token).catch(async (refusal) => {
    const holder = house.installation.importedKeys.any ? await findKey(house, token) : undefined;
    if (!holder) throw refusal;
    return verifyKey(house, token, address);
  });
}

/** Whoever holds a key, as the caller of a request with it. */
export function keyPrincipal(holder: KeyHolder): KeyUser {
  return { ...principal(holder), keyId: holder.id, key: boundsOf(holder) };
}

/** The user of a command line's session. Throws as `verifyKey` does: its token stands in a key's place. */
async function verifyCliSession(house: House, token: string): Promise<User> {
  const sql = `${sessionHolder(house)} where s.cli_token_hash = $1`;
  const holder = await find<SessionHolder>(house, 'l', 'cli_session_holder', sql, hexDigest(token));
  if (!holder || holder.dead) throw refused('Invalid API key.', 'key', 'unknown', !holder);
  return ofSession(holder);
}

/** The user of a console's session, by the value of its cookie. Throws `unauthenticated`. */
export async function verifyCookie(house: House, value: string): Promise<User> {
  const sql = `${sessionHolder(house)} where s.cookie_hash = $1`;
  const holder =
    value.length === 43 ? await find<SessionHolder>(house, 'c', 'cookie_holder', sql, hexDigest(value)) : undefined;
  if (!holder) throw refused('Invalid session.', 'cookie', 'unknown', value.length === 43);
  if (holder.dead) throw refused('Invalid session.', 'cookie', 'ended');
  return ofSession(holder);
}

function ofSession(holder: SessionHolder): User {
  return { ...principal(holder), sessionId: String(holder.id), signedInAt: holder.signed_in_at };
}

/**
 * The user of a session's JWT (RFC 8725): ES256 and nothing else, `typ` JWT, one of our keys by its `kid`, our issuer and
 * audience, and a session of the user in `sub` that goes on. Headers that bring a key of their own are not looked at. Throws
 * `unauthenticated`: `unknown` for no token of ours, `ended` for a good one whose session is over.
 */
export async function verifySession(house: House, jwt: string): Promise<User> {
  const claimed = await claimedSession(house, jwt).catch(() => undefined);
  if (!claimed) throw refused('Invalid session token.', 'token', 'unknown');
  const holder = await find<SessionHolder>(
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

export type User = Extract<Principal, { kind: 'user' }>;

/** One who acts by a key. */
export type KeyUser = User & { key: KeyBounds };

/** What a user has signed in with, by its row: `key-12`. It is no secret; nobody is let in by it but where it is signed. */
export function credentialOf({ keyId, token, sessionId }: User): string {
  if (keyId !== undefined) return `key-${keyId}`;
  return token === undefined ? `session-${sessionId}` : `token-${token.id}`;
}

const holders: Record<string, (house: House) => string> = {
  key: () => `${keyHolder} where k.id = $1::int`,
  token: () => `${tokenHolder} where t.id = $1::int`,
  session: (house) => `${sessionHolder(house)} where s.id = $1::uuid`,
};

/**
 * Whoever was given something a while ago, as they stand now. Throws `forbidden` where what they had signed in with has
 * ended since, where they are gone, or have not this role any more.
 */
export async function standing(house: House, credential: string, role: Role): Promise<User> {
  const [, kind = '', id = ''] = /^(key|token|session)-([\da-f-]+)$/.exec(credential) ?? [];
  const sql = holders[kind]?.(house);
  const holder = sql && (await rowOf(house.db, statement<Holder>(`${kind}_standing`, sql), [id]));
  if (holder && !holder.dead && holder.role_ids) {
    const user = kind === 'key' ? keyPrincipal(holder as KeyHolder) : principal(holder);
    if (atLeast(role, user)) return user;
  }
  throw new Failure('forbidden', 'Whoever this was given to may not use it any more.');
}

/**
 * A holder by what its table knows it by: from memory where that is exact, else in one statement.
 * @param kind what changes of it are told as (migrations/0044_exact.js)
 * @param value hexadecimal digits of a hash; of a session its id
 */
async function find<Found extends Holder>(house: House, kind: string, name: string, sql: string, value: string) {
  const key = `${kind}:${value}`;
  const known = house.exact.get<Found>(key);
  if (known) return known.row;
  const mark = house.exact.mark();
  const row = await rowOf(house.db, statement<Found>(name, sql), [kind === 's' ? value : Buffer.from(value, 'hex')]);
  remember(house, key, mark, row);
  return row;
}

function remember({ exact }: House, key: string, mark: Mark | undefined, row: Holder | undefined): void {
  const subjects = row ? [`u:${row.user_id}`] : [];
  const { counter_id } = (row ?? {}) as Partial<KeyHolder>;
  if (counter_id) subjects.push(`n:${counter_id}`);
  exact.keep(key, mark, row, row?.until ?? Number.POSITIVE_INFINITY, subjects);
}

function principal({ user_id, account_id, role_ids, user_uuid, sub }: Holder) {
  const userUuid = user_uuid ?? sub;
  return {
    kind: 'user' as const,
    userId: user_id as number,
    accountId: account_id,
    roles: rolesOf(role_ids ?? []),
    ...(userUuid !== undefined && { userUuid }),
  };
}

function heldBy({ account_id: accountId, uuid: key }: KeyHolder) {
  return { accountId, key };
}

/** `guess`: it might have been one, and never was. The caller is not told. */
function refused(
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
