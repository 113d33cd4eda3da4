import { readEnvironment } from './config.ts';
import { warn } from './output.ts';
import type { Remote, Settings } from './pyyaml.ts';
import { load, save } from './settings.ts';
import { Stop } from './stop.ts';

/** Where Latchkey listens unless told otherwise. */
export const defaultUrl = 'http://localhost:6789';

/** A server, and what opens it. */
export interface Credential {
  url: string;
  token: string;
}

/**
 * Finds the credential as the real client does, config.yaml before the environment (docs/compat/mystic.md: The client's
 * settings), and says on stderr which one it is when there are both. Throws a `Stop` where there is none: no request is
 * sent without a token.
 */
export function findCredential(): Credential {
  found ??= look();
  return found;
}

let found: Credential | undefined;

/** A new command looks anew. */
export function forgetCredential(): void {
  found = undefined;
}

function look(): Credential {
  const environment = readEnvironment();
  const { file, token, url } = environment;
  const remote = activeRemote(file, load(file));
  const variables = [token && 'PIPELINE_API_TOKEN', url && 'PIPELINE_API_URL'].filter(Boolean).join(' and ');

  if (typeof remote === 'object') {
    const name = `remote ${JSON.stringify(remote.alias)} of ${file}`;
    if (variables)
      warn(`Using ${name}. A login comes before the environment: ${variables} ${token && url ? 'are' : 'is'} ignored.`);
    if (!remote.token) throw new Stop('unauthenticated', `The ${name} has no token. Remove it and sign in again.`);
    return { url: remote.url, token: remote.token };
  }
  if (!token) throw new Stop('unauthenticated', `${remote ?? 'You are not signed in.'} ${howTo}`);
  if (remote) warn(`${remote} Using ${variables}.`);
  return { url: url ?? defaultUrl, token };
}

const howTo = 'Run: latchkey cluster login ALIAS TOKEN -u URL -a, or set PIPELINE_API_TOKEN and PIPELINE_API_URL.';

/**
 * The remote that is used; a sentence where there are remotes but none of them is it; undefined where there are none.
 */
function activeRemote(file: string, settings: Settings): Remote | string | undefined {
  const { active_remote: active, remotes } = settings;
  if (!remotes) return undefined;
  if (active !== undefined) {
    const found = remotes.find(({ alias }) => alias === active);
    return found ?? `The active remote ${JSON.stringify(active)} is not in ${file}.`;
  }
  const [first] = remotes;
  if (!first) return undefined;
  if (first.alias === undefined) throw new Stop('usage', `The first remote of ${file} has no alias: give it one.`);
  // As the real client does: from now on, both use this one.
  save(file, { ...settings, active_remote: first.alias });
  return first;
}

/** A token as it may be shown: 15 characters of it, less of a short one, and dots. */
export function mask(token: string): string {
  return `${token.slice(0, token.length < 30 ? token.length / 3 : 15)}...`;
}
