import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { writePrivate } from '../private_file.ts';

type Folder = Pick<Config, 'data'>;

/** Where the link lies with which the owner chooses the first password, as long as it opens something. */
export const welcomeFile = ({ data }: Folder): string => join(data, 'welcome');

/** Writes the link down, in the place of the one before. Throws what the system says. */
export function keepWelcome(folder: Folder, link: string): void {
  writePrivate(welcomeFile(folder), `${link}\n`);
}

/** The same where one lies there, which opens nothing any more now that there is another. */
export function replaceWelcome(folder: Folder, link: string): void {
  if (existsSync(welcomeFile(folder))) keepWelcome(folder, link);
}

/** The link, or this one alone, opens nothing any more. */
export function forgetWelcome(folder: Folder, link?: string): void {
  if (link === undefined || linkIn(folder) === link) rmSync(welcomeFile(folder), { force: true });
}

function linkIn(folder: Folder): string | undefined {
  try {
    return readFileSync(welcomeFile(folder), 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}
