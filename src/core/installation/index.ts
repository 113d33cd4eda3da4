import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Config } from '../../config.ts';
import { type ImportedKeys, importedKeys } from '../api_keys/imported.ts';
import { checkPassword, hashPassword } from '../credentials/password_hash.ts';
import { localUrl } from '../local_url.ts';
import { emailColumns } from '../names.ts';
import { placeOf, sealRows } from '../sealing/rows.ts';
import type { Seal } from '../sealing/seal.ts';
import { openSeal } from '../sealing/secret.ts';

/** What this installation made up for itself at its first start; every process on one database shares it. */
export interface Installation {
  /** Names the installation to its clients; gives no rights by itself. */
  applicationKey: string;
  /** Signs what only this installation reads, and the raw form of OAuth tokens. */
  tokenSecret: Uint8Array;
  /** Signs the raw form of OAuth tokens instead, where the operator has pinned it. */
  mageSecret?: Uint8Array;
  /** The first account. */
  accountId: number;
  ownerId: number;
  ownerEmail: string;
  /** Who signs session tokens: the `iss` of their claims, by the public URL; else made at the first start, so that all processes agree. */
  issuer: string;
  /** Names this installation's folder in a file store that others may use as well. */
  fileStore: string;
  /** Keys of our own form without our checksum were brought in: then a checksum that does not hold refuses nothing. */
  uncheckedKeys: boolean;
  /** Keys of another system: looked at again after an import, and every few seconds for those of other processes. */
  importedKeys: ImportedKeys;
  /** Seals and opens the secrets that the database keeps. */
  seal: Seal;
  /** The owner has another password than the setting says: that counts while there is none only. */
  isOwnerPasswordIgnored: boolean;
  /** The file of the secret that seals, at the start that made it. */
  madeSecret?: string;
}

/**
 * Opens the installation of a migrated database, and makes it at the first start: its keys, its account, its owner.
 * Several processes may do so at once: the first makes, the others find. Secrets that lie there in clear are sealed. A
 * `Mistake` where they were sealed with another secret than ours.
 */
export async function openInstallation(db: Knex, config: Config): Promise<Installation> {
  const { owner, isGiven, ...installation } = await db.transaction(async (trx) => {
    await trx.raw(`select pg_advisory_xact_lock(hashtext('latchkey installation'))`);
    const { seal, made: madeSecret } = await openSeal(trx, config);
    await sealRows(trx, seal);
    if (config.applicationKey) {
      const row = { name: 'application_key', value: config.applicationKey };
      await trx('installation').insert(row).onConflict('name').merge();
    }
    const applicationKey = await kept(trx, 'application_key', () => alphanumeric(40));
    const tokenPlace = placeOf.installation('token_secret');
    const makeTokenSecret = () => seal.seal(randomBytes(32).toString('base64'), tokenPlace);
    const tokenSecret = seal.open(await kept(trx, 'token_secret', makeTokenSecret), tokenPlace);
    const first = await kept(trx, 'issuer', () => `${localUrl(config.host, config.port)}/auth/v1`);
    const issuer = config.publicUrl ? `${config.publicUrl}/auth/v1` : first;
    const fileStore = await kept(trx, 'file_store', () => randomBytes(8).toString('hex'));
    const unchecked = await trx('api_keys').where({ checksummed: false }).whereLike('prefix', 'mgp\\_%').first('id');
    const account =
      (await trx('accounts').orderBy('id').first('id')) ??
      (await trx('accounts').insert({ name: config.owner.username }).returning('id'))[0];
    const accountId = account?.id as number;
    const found = (await ownerOf(trx, accountId)) ?? (await makeOwner(trx, accountId, config));
    const owner = found.password_hash === null ? await givePassword(trx, found, config) : found;
    const isGiven = owner !== found;
    const made = { applicationKey, tokenSecret: Buffer.from(tokenSecret, 'base64'), issuer, fileStore };
    const mageSecret = config.mageSecret === undefined ? {} : { mageSecret: Buffer.from(config.mageSecret) };
    const imported = await importedKeys(trx);
    const keys = { uncheckedKeys: unchecked !== undefined, importedKeys: imported };
    const ours = { accountId, ...keys, seal, ...(madeSecret && { madeSecret }) };
    return { ...made, ...mageSecret, ...ours, owner, isGiven };
  });
  const { id: ownerId, email: ownerEmail, password_hash: hash } = owner;
  const { password } = config.owner;
  return {
    ...installation,
    ...{ ownerId, ownerEmail },
    isOwnerPasswordIgnored: password !== undefined && !isGiven && !(await checkPassword(password, hash)),
  };
}

async function kept(db: Knex, name: string, make: () => string): Promise<string> {
  await db('installation').insert({ name, value: make() }).onConflict('name').ignore();
  const row = await db('installation').where({ name }).first('value');
  return row?.value as string;
}

interface Owner {
  id: number;
  email: string;
  password_hash: string | null;
}

/** Who owns the first account; who came first, of several. */
export async function ownerOf(db: Knex, accountId: number): Promise<Owner | undefined> {
  return db('users')
    .join('memberships', 'memberships.user_id', 'users.id')
    .where('memberships.account_id', accountId)
    .whereRaw('1 = any(memberships.role_ids)')
    .orderBy('users.id')
    .first('users.id', 'users.email', 'users.password_hash');
}

/** Without a password: whoever holds the link of the start chooses one. */
async function makeOwner(db: Knex, accountId: number, { owner }: Config): Promise<Owner> {
  const user = { ...emailColumns(owner.email), username: owner.username.normalize('NFC'), password_hash: null };
  const [row] = await db('users').insert(user).returning('id');
  const id = row?.id as number;
  await db('memberships').insert({ account_id: accountId, user_id: id, role_ids: [1] });
  return { id, ...user };
}

/** Gives an owner who has none the password of the settings, and ends the link with which one is chosen. */
async function givePassword(db: Knex, owner: Owner, { owner: { password } }: Config): Promise<Owner> {
  if (password === undefined) return owner;
  const password_hash = await hashPassword(password);
  await db('users').where({ id: owner.id }).update({ password_hash });
  await db('one_time_links').where({ user_id: owner.id }).delete();
  return { ...owner, password_hash };
}

/** Random letters and digits, each equally likely. */
function alphanumeric(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const letters: string[] = [];
  while (letters.length < length) {
    // 248 is the largest multiple of 62 in a byte: larger values would favour the first letters.
    letters.push(...[...randomBytes(64)].filter((byte) => byte < 248).map((byte) => alphabet.charAt(byte % 62)));
  }
  return letters.slice(0, length).join('');
}
