import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, Mistake } from '../../config.ts';
import { checkPassword } from '../credentials/password_hash.ts';
import { writePrivate } from '../private_file.ts';

type Folder = Pick<Config, 'data'>;

/** Where the password that the first start made up for the owner lies, until it is shown or changed. */
export const firstPasswordFile = ({ data }: Folder): string => join(data, 'first-password');

/** Writes it down, before the owner is there who has it. A `Mistake` where that cannot be done. */
export function keepFirstPassword(folder: Folder, password: string): void {
  const path = firstPasswordFile(folder);
  try {
    writePrivate(path, `${password}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Mistake(
      `LATCHKEY_DATA: ${path} cannot be written (${code}): choose another folder, or set LATCHKEY_OWNER_PASSWORD`,
    );
  }
}

/** It was shown, or is the owner's no more. */
export function forgetFirstPassword(folder: Folder): void {
  rmSync(firstPasswordFile(folder), { force: true });
}

/**
 * Whether the file is there and holds the owner's password. It is removed where it holds one that was changed where nobody saw
 * this folder: by another process on the same database.
 */
export async function hasFirstPassword(folder: Folder, hash: string | null): Promise<boolean> {
  let password: string;
  try {
    password = readFileSync(firstPasswordFile(folder), 'utf8').trimEnd();
  } catch {
    return false;
  }
  const holds = await checkPassword(password, hash);
  if (!holds) forgetFirstPassword(folder);
  return holds;
}
