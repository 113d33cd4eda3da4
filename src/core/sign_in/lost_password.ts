import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Config } from '../../config.ts';
import { forgiveAttempts } from '../credentials/attempts.ts';
import { hashPassword } from '../credentials/password_hash.ts';
import { ownerOf } from '../installation/index.ts';
import { canonicalEmail } from '../names.ts';
import { anonymous } from '../principal.ts';
import { openSeal } from '../sealing/secret.ts';
import { setPassword } from './new_password.ts';

/** Somebody whose password is lost. */
export interface Forgetful {
  id: number;
  uuid: string;
  email: string;
  username: string | null;
}

/** The user of an e-mail address, in any spelling, or else of a username; without a name, the owner of the first account. */
export async function findUser(db: Knex, name: string | undefined): Promise<Forgetful | undefined> {
  const users = db('users').select('id', 'uuid', 'email', 'username');
  if (name === undefined) return users.where('id', (await firstOwner(db)) ?? 0).first();
  const address = canonicalEmail(name);
  return users
    .whereRaw('lower(email) in (?, lower(?))', [address, name])
    .orWhere('username', name.normalize('NFC'))
    .orderByRaw('lower(email) in (?, lower(?)) desc, email = ? desc', [address, name, name])
    .first();
}

/**
 * Gives somebody another password on the word of whoever runs the server: what the old one opened ends, wrong guesses at it are
 * forgiven, and a row of the audit log tells of it. The password is a good one: `weaknessOf` was asked.
 */
export async function replacePassword(db: Knex, config: Config, user: Forgetful, password: string): Promise<void> {
  const hash = await hashPassword(password);
  const { seal } = await openSeal(db, config);
  const ownerId = (await firstOwner(db)) ?? 0;
  const membership = await db('memberships').where('user_id', user.id).orderBy('account_id').first('account_id');
  const asker = { address: 'this machine', requestId: randomUUID(), origin: '' };
  await db.transaction(async (trx) => {
    const context = { db: trx, principal: anonymous, asker, house: { config, installation: { ownerId, seal } } };
    const whose = { user_id: user.id, account_id: membership?.account_id ?? null };
    await setPassword(context, user, hash, { whose });
    await forgiveAttempts(trx, [user.email, user.username]);
  });
}

async function firstOwner(db: Knex): Promise<number | undefined> {
  const account = await db('accounts').orderBy('id').first('id');
  return account && (await ownerOf(db, account.id))?.id;
}
