import { readEnvironment } from './config.ts';
import { warn } from './output.ts';
import type { Remote, Settings } from './pyyaml.ts';
import { readSession } from './session.ts';
import { load, save } from './settings.ts';
import { Stop } from './stop.ts';

/** Where Latchkey listens unless told otherwise. */
export const defaultUrl = 'http://localhost:6789';

/** A server, and what opens it. */
export interface Credential {
  url: string;
  /** Without it, nobody in particular asks. */
  token?: string;
  /** What it is and where it lies, for people. */
  from?: string;
}

/**
 * Finds the credential: the session of `latchkey login`, or as the real client does, config.yaml before the environment
 * (docs/compat/mystic.md: The client's settings). Says on stderr what of the environment is ignored. Throws a `Stop` where
 * there is none: no request is sent without a token.
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
  const { credential, ignored, why } = chooseCredential();
  if (ignored) warn(ignored);
  if (credential) return credential;
  throw new Stop('unauthenticated', `${why ?? 'You are not signed in.'} ${howTo}`);
}

interface Choice {
  credential?: Credential;
  /** What of the environment does not count, in a sentence. */
  ignored?: string;
  /** What is wrong with the remotes, in a sentence. */
  why?: string | undefined;
}

/** What would be used, and what not. */
export function chooseCredential(): Choice {
  const environment = readEnvironment();
  const { file, token, url } = environment;
  const session = readSession(environment.session);
  if (session) {
    const from = `the session ${JSON.stringify(session.name)} of ${environment.session}`;
    return { credential: { url: session.url, token: session.token, from }, ...ignoring(from, session.url) };
  }
  const remote = activeRemote(file, load(file));
  if (typeof remote === 'object') {
    const name = `remote ${JSON.stringify(remote.alias)} of ${file}`;
    if (!remote.token)
      return { ...ignoring(name, remote.url), why: `The ${name} has no token. Remove it, or sign in again.` };
    return { credential: { url: remote.url, token: remote.token, from: name }, ...ignoring(name, remote.url) };
  }
  if (!token) return { why: remote };
  const used = [token, url].filter((each) => each !== undefined).map(({ name }) => name);
  return {
    credential: { url: url?.value ?? defaultUrl, token: token.value, from: used.join(' and ') },
    ...(remote && { ignored: `${remote} Using ${used.join(' and ')}.` }),
  };
}

/** `LATCHKEY_URL` that says the same is none that is ignored: it comes from the server's own folder. */
function ignoring(what: string, base: string): { ignored?: string } {
  const { token, url } = readEnvironment();
  const isSame = url?.name === 'LATCHKEY_URL' && url.value.replace(/\/+$/, '') === base;
  const names = [token, isSame ? undefined : url].filter((each) => each !== undefined).map(({ name }) => name);
  if (names.length === 0) return {};
  const verb = names.length > 1 ? 'are' : 'is';
  return { ignored: `Using ${what}. A login comes before the environment: ${names.join(' and ')} ${verb} ignored.` };
}

const howTo = 'Run: latchkey login [URL], or set LATCHKEY_API_KEY and LATCHKEY_URL.';

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
