import type { House } from './core/house.ts';
import { forgetWelcome, keepWelcome, welcomeFile } from './core/installation/welcome_file.ts';
import { linkAddress, ownerLink } from './core/one_time_links/one_time_link.ts';
import type { Welcome } from './ready.ts';

const day = 24 * 3600 * 1000;

/**
 * Makes the link with which an owner without a password chooses one, and has it shown on a terminal. Elsewhere others keep what
 * is printed: there it lies in a file. Each start makes another, and the one before opens nothing any more.
 */
export async function offerWelcome(
  { db, config, log }: Pick<House, 'db' | 'config' | 'log'>,
  url: string,
  isTerminal: boolean,
): Promise<Welcome> {
  const made = await ownerLink(db, { isFirst: true });
  const link = made && linkAddress(config.publicUrl ?? url, made.code);
  if (!link || isTerminal) forgetWelcome(config);
  if (!link) return undefined;
  if (isTerminal) return { link };
  try {
    keepWelcome(config, link);
  } catch (error) {
    log.warn(
      { err: error, path: welcomeFile(config) },
      'the link with which the owner chooses a password is not written down',
    );
    return { command: 'npm run owner-link' };
  }
  setTimeout(() => forgetWelcome(config, link), day).unref();
  return { file: welcomeFile(config) };
}
