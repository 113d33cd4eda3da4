import { Failure } from '../../contract/failure.ts';
import { rowOf, statement } from '../../database/statement.ts';
import type { House } from '../house.ts';
import { atLeast, type Role } from '../principal.ts';
import {
  type Holder,
  type KeyHolder,
  keyHolder,
  principalOf,
  sessionHolder,
  tokenHolder,
  type User,
} from './holder.ts';
import { keyPrincipal } from './verify_key.ts';

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
    const user = kind === 'key' ? keyPrincipal(holder as KeyHolder) : principalOf(holder);
    if (atLeast(role, user)) return user;
  }
  throw new Failure('forbidden', 'Whoever this was given to may not use it any more.');
}
