import { operations } from '../../../generated/operations.ts';
import { isSuccess, read, refusal } from '../answer.ts';
import type { Argument, Command, Given } from '../command.ts';
import { readEnvironment } from '../config.ts';
import { defaultUrl, mask } from '../credential.ts';
import { readStdin } from '../input.ts';
import { print, printJson, printTable, warn } from '../output.ts';
import type { Remote, Settings } from '../pyyaml.ts';
import { baseOf, send } from '../request.ts';
import { load, save } from '../settings.ts';
import { Stop } from '../stop.ts';

const alias: Argument = { name: 'alias', about: 'the name of the remote', values: ['remotes'] };

/**
 * Remotes of `config.yaml`, which is shared with the `pipeline` command line (docs/compat/mystic.md: The client's
 * settings).
 */
export const cluster: Command[] = [
  {
    name: 'cluster login',
    about: 'sign in to a server, and remember it as a remote',
    arguments: [alias, { name: 'token', about: 'an API key; - reads it from stdin, so that no history keeps it' }],
    flags: [
      { form: '-u, --url <url>', about: `the address of the server (default: ${defaultUrl})` },
      { form: '-a, --active', about: 'use this remote from now on; the first one is used anyway' },
    ],
    calls: ['validateToken'],
    examples: [
      'cluster login home pipeline_sk_… -u http://localhost:6789 -a',
      'cluster login home - -u http://localhost:6789 < token.txt',
    ],
    run: login,
  },
  {
    name: 'cluster use',
    about: 'use this remote from now on',
    arguments: [alias],
    calls: [],
    examples: ['cluster use home'],
    run: use,
  },
  {
    name: 'cluster get',
    about: 'show the remotes, with the beginnings of their tokens',
    calls: [],
    examples: ['cluster get', 'cluster get --json'],
    run: get,
  },
  {
    name: 'cluster remove',
    about: 'forget a remote',
    arguments: [alias],
    calls: [],
    examples: ['cluster remove home'],
    run: remove,
  },
];

async function login({ words, switches, isJson }: Given) {
  const { file } = readEnvironment();
  const { alias = '', url = defaultUrl } = words;
  const token = words.token === '-' ? await readStdin() : (words.token ?? '');
  if (alias === '' || token === '') throw new Stop('usage', 'Neither the alias nor the token may be empty.');
  refuseSecond(load(file), alias);
  await validate(url, token);

  // What another process wrote in the meantime counts.
  const settings = load(file);
  refuseSecond(settings, alias);
  const { active_remote, remotes = [] } = settings;
  const active = switches.has('active') ? alias : (active_remote ?? alias);
  const remote = { alias, token, url };
  save(file, { active_remote: active, remotes: [...remotes, remote] });
  if (isJson) return printJson(JSON.stringify(shown(remote, active)));
  print(`Signed in to ${url} as remote ${JSON.stringify(alias)}${active === alias ? ', which is active now' : ''}.`);
}

function refuseSecond({ remotes = [] }: Settings, alias: string) {
  if (!remotes.some((remote) => remote.alias === alias)) return;
  throw new Stop(
    'refused',
    `There is a remote ${JSON.stringify(alias)} already. Remove it first, or take another name.`,
  );
}

/** As the real client does: at the root of the server, whatever path the address has. */
async function validate(url: string, token: string) {
  const { origin } = new URL(baseOf(url));
  const { method, path } = operations.validateToken;
  const answer = await send({ url: origin, token }, method, path, { timeout: 5_000 });
  const whole = await read(answer);
  const isPage = String(answer.headers['content-type']).startsWith('text/html');
  if (isSuccess(answer) && !isPage) return;
  if (whole.status === 401) throw new Stop('refused', `${origin} does not know this token: ${refusal(whole).message}`);
  throw new Stop('refused', `${origin} is no Latchkey or Mystic server, or none that works: HTTP ${whole.status}.`);
}

async function use({ words, isJson }: Given) {
  const { file } = readEnvironment();
  const settings = load(file);
  const remote = find(settings, words.alias);
  save(file, { ...settings, active_remote: remote.alias });
  if (isJson) printJson(JSON.stringify(shown(remote, remote.alias)));
  else print(`Using remote ${JSON.stringify(remote.alias)} from now on.`);
}

async function get({ isJson }: Given) {
  const { active_remote, remotes = [] } = load(readEnvironment().file);
  const all = remotes.map((remote) => shown(remote, active_remote));
  if (isJson) return printJson(JSON.stringify(all));
  if (all.length === 0) return warn('There are no remotes. Run: latchkey cluster login ALIAS TOKEN -u URL');
  printTable(
    ['ALIAS', 'URL', 'TOKEN', 'ACTIVE'],
    all.map(({ alias, url, token, active }) => [alias ?? '', url, token ?? '', active ? 'yes' : '']),
  );
}

/** The first of those that are left is the active one, as it would be for the real client. */
async function remove({ words, isJson }: Given) {
  const { file } = readEnvironment();
  const settings = load(file);
  const remote = find(settings, words.alias);
  const remotes = (settings.remotes ?? []).filter((other) => other !== remote);
  const active = settings.active_remote === remote.alias ? remotes[0]?.alias : settings.active_remote;
  save(file, { active_remote: active, remotes: remotes.length > 0 ? remotes : undefined });
  if (isJson) return printJson(JSON.stringify(shown(remote, active)));
  const now = active === settings.active_remote ? '' : active ? `; ${JSON.stringify(active)} is active now` : '';
  print(`Removed remote ${JSON.stringify(remote.alias)}${now}.`);
}

function find({ remotes = [] }: Settings, alias: string | undefined): Remote & { alias: string } {
  const remote = remotes.find((remote) => remote.alias === alias);
  if (remote) return remote as Remote & { alias: string };
  const names = remotes.map(({ alias }) => JSON.stringify(alias)).join(', ');
  const others = names ? `There are: ${names}.` : 'There are none: sign in first.';
  throw new Stop('notFound', `There is no remote ${JSON.stringify(alias)}. ${others}`);
}

/** A remote as it may be shown: never with its token. */
function shown({ alias, url, token }: Remote, active: string | undefined) {
  return { alias, url, token: token && mask(token), active: alias !== undefined && alias === active };
}
