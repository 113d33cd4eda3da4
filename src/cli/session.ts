import { readFileSync, rmSync } from 'node:fs';
import { parse } from './answer.ts';
import { write } from './settings.ts';
import { Stop } from './stop.ts';

/** What `latchkey login` keeps. It lies beside `config.yaml`, which the `pipeline` command line would not keep it in. */
export interface Session {
  url: string;
  token: string;
  /** What the server calls it. */
  name: string;
  /** Who signed in: a username. */
  user: string;
}

/** Reads the session; undefined where nobody has signed in. Throws a `Stop` for a file that is none. */
export function readSession(file: string): Session | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Stop('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
  }
  const session = parse(text) as Session | undefined;
  const isWhole = [session?.url, session?.token, session?.name, session?.user].every((it) => typeof it === 'string');
  if (isWhole) return session;
  throw new Stop('usage', `${file} is no session. Remove it and sign in again: latchkey login`);
}

/** Keeps the session for its user alone (0600). */
export function keepSession(file: string, session: Session): void {
  write(file, `${JSON.stringify(session, null, 2)}\n`);
}

/** Forgets it. */
export function dropSession(file: string): void {
  rmSync(file, { force: true });
}
