import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Config } from '../../config.ts';
import { Mistake } from '../../mistake.ts';
import { syncFolder, writePrivate } from '../private_file.ts';
import { type Seal, sealOf } from './seal.ts';

/** The secret of an installation, as its operator keeps it: a setting, or a file of the data folder. */
type Kept = Pick<Config, 'secret' | 'data'>;

/** What tells one secret from another: a sealed text in the database that only the right one opens. */
const check = { name: 'secret_check', place: 'installation/secret_check', text: 'latchkey' };

/** Where the secret lies without LATCHKEY_SECRET; the second while it is being changed. */
export const fileOf = ({ data }: Kept) => join(data, 'secret');
const nextOf = ({ data }: Kept) => join(data, 'secret.next');

/**
 * The seal of a database, by LATCHKEY_SECRET or by the file in the data folder, which the first start makes. `made` names
 * the file that was made now. A `Mistake` where the database was sealed with another secret, or with one that is not there.
 */
export async function openSeal(db: Knex, config: Kept): Promise<{ seal: Seal; made?: string }> {
  const sealed = (await db('installation').where({ name: check.name }).first('value'))?.value;
  if (sealed === undefined) {
    const known = config.secret ?? read(fileOf(config));
    const secret = known ?? randomBytes(32).toString('base64url');
    if (known === undefined) write(fileOf(config), secret);
    const seal = sealOf(secret);
    await setCheck(db, seal);
    return { seal, ...(known === undefined && { made: fileOf(config) }) };
  }
  const candidates = config.secret === undefined ? [fileOf(config), nextOf(config)].map(read) : [config.secret];
  const place = candidates.findIndex((secret) => secret !== undefined && opens(sealed, sealOf(secret)));
  if (place < 0) throw otherSecret(config, candidates[0] !== undefined);
  // A change of the secret was cut short after the database had taken it.
  if (place === 1) renameSync(nextOf(config), fileOf(config));
  return { seal: sealOf(candidates[place] as string) };
}

/** Writes down which secret this database is sealed with. */
export async function setCheck(db: Knex, seal: Seal): Promise<void> {
  const row = { name: check.name, value: seal.seal(check.text, check.place) };
  await db('installation').insert(row).onConflict('name').merge();
}

/**
 * Puts the next secret beside the one that is in use, while `work` changes the database over to it, and then in its place;
 * the file that held it. Cut short anywhere, the next start finds the one that opens.
 */
export async function replaceFile(config: Kept, secret: string, work: () => Promise<unknown>): Promise<string> {
  write(nextOf(config), secret);
  await work();
  renameSync(nextOf(config), fileOf(config));
  syncFolder(config.data);
  return fileOf(config);
}

function opens(sealed: string, seal: Seal): boolean {
  try {
    return seal.open(sealed, check.place) === check.text;
  } catch {
    return false;
  }
}

function otherSecret(config: Kept, found: boolean): Mistake {
  const mend = 'give the one that it was sealed with (docs/settings.md, "The secret")';
  if (config.secret !== undefined)
    return new Mistake(`LATCHKEY_SECRET is not the secret that this database was sealed with: ${mend}`, 2);
  const where = found
    ? `${fileOf(config)} is not the secret`
    : `LATCHKEY_SECRET is not set, and ${fileOf(config)} is not there`;
  return new Mistake(
    `${where}${found ? ' that this database was sealed with' : ', but this database was sealed'}: ${mend}`,
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Mistake(`LATCHKEY_DATA: ${path} cannot be read (${code}): start as its owner, or set LATCHKEY_SECRET`);
  }
}

function write(path: string, secret: string): void {
  try {
    writePrivate(path, `${secret}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Mistake(
      `LATCHKEY_DATA: ${path} cannot be written (${code}): choose another folder, or set LATCHKEY_SECRET`,
    );
  }
}
