import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../contract/failure.ts';
import { rowsOf, statement } from '../../database/statement.ts';
import { boundsOf } from '../api_keys/bounds.ts';
import { formOf } from '../api_keys/form.ts';
import type { Context } from '../context.ts';
import type { Known } from '../exact/remembered.ts';
import type { House } from '../house.ts';
import { isWithin } from '../ip_network.ts';
import { anonymous, type KeyBounds, type Principal } from '../principal.ts';
import { digest, hexDigest, longDigest } from './digest.ts';
import {
  findHolder,
  heldBy,
  type KeyHolder,
  type KeyUser,
  keyHolder,
  principalOf,
  refused,
  rememberHolder,
  type User,
} from './holder.ts';
import { verifyCliSession } from './verify_session.ts';

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
  const by = (hash: string) => findHolder<KeyHolder>(house, 'k', 'key_holder', `${keyHolder} where k.hash = $1`, hash);
  const found = await by(hexDigest(key));
  return found ?? (house.installation.importedKeys.sha512 ? by(longDigest(key).toString('hex')) : undefined);
}

/** What is known of a key for certain, this very moment, without asking anybody. Undefined where the database has to be asked. */
export function knownKey({ exact }: House, key: string): Known<KeyHolder> | undefined {
  return exact.get<KeyHolder>(`k:${hexDigest(key)}`);
}

const keyHolders = statement<KeyHolder>('key_holders', `${keyHolder} where k.hash in ($1, $2)`);

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
    rememberHolder(house, `k:${hash}`, mark, row);
    return row;
  });
}

function mayBeKey({ installation: { uncheckedKeys, importedKeys } }: House, key: string): boolean {
  const form = formOf(key);
  if (form === 'session') return false;
  return importedKeys.any || (form !== undefined && (form !== 'unchecked' || uncheckedKeys));
}

/** Whoever holds a key, as the caller of a request with it. */
export function keyPrincipal(holder: KeyHolder): KeyUser {
  return { ...principalOf(holder), keyId: holder.id, key: boundsOf(holder) };
}
