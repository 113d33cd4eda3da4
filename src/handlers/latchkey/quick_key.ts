import type { IncomingMessage } from 'node:http';
import type { KeyHolder, KeyUser } from '../../core/credentials/holder.ts';
import { isCounted } from '../../core/credentials/spend.ts';
import { keyPrincipal, knownKey } from '../../core/credentials/verify_key.ts';
import type { House } from '../../core/house.ts';
import { isWithin } from '../../core/ip_network.ts';
import { effective } from '../../core/scopes.ts';
import type { Whose } from '../../core/usage/gather.ts';
import { acceptsJson } from '../../wire/accept_header.ts';
import type { Caller } from '../../wire/caller.ts';

/** What is the same whenever a key is used, for as long as the memory holds it. */
export interface KnownUser {
  user: KeyUser;
  /** What it may do, as scopes. */
  held: string[];
  whose: Whose;
}

const users = new WeakMap<KeyHolder, KnownUser>();

/** Whose key that is. */
export function knownUser(holder: KeyHolder): KnownUser {
  const known = users.get(holder);
  if (known) return known;
  const user = keyPrincipal(holder);
  const made = { user, held: effective(user), whose: { accountId: user.accountId, key: user.key.uuid } };
  users.set(holder, made);
  return made;
}

/**
 * The key that a request carries, where it is known for certain, is good, may be used from there, and a call of this cost counts nothing in
 * the database; undefined wherever something is out of the ordinary.
 */
export function goodKey(house: House, request: IncomingMessage, { address }: Caller, cost: number) {
  const { authorization, accept } = request.headers;
  const token = bearerOf(authorization);
  if (token === undefined || !acceptsJson(accept)) return undefined;
  const holder = knownKey(house, token)?.row;
  if (!holder || holder.dead) return undefined;
  const { addresses } = holder;
  if (addresses.length > 0 && !isWithin(address, addresses)) return undefined;
  return isCounted(knownUser(holder).user.key, cost) ? undefined : holder;
}

/** The key in a header, where nothing of it is out of the ordinary. */
export function bearerOf(header: string | undefined): string | undefined {
  return header !== undefined && /^Bearer [\x21-\x2d\x2f-\x7e]+$/.test(header) ? header.slice(7) : undefined;
}
