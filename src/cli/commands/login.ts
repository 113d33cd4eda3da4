import { hostname } from 'node:os';
import { parseObject } from '../answer.ts';
import { ask, canAsk } from '../ask.ts';
import { signInByBrowser } from '../browser_login.ts';
import type { Command, Given } from '../command.ts';
import { readEnvironment } from '../config.ts';
import { defaultUrl } from '../credential.ts';
import { readStdin } from '../input.ts';
import { codeIn, useCode } from '../one_time_code.ts';
import { print, printJson, warn } from '../output.ts';
import { baseOf } from '../request.ts';
import { call } from '../server.ts';
import { dropSession, keepSession, readSession, type Session } from '../session.ts';
import { load } from '../settings.ts';
import { Stop } from '../stop.ts';

/** Signing in with a password, and out. */
export const login: Command[] = [
  {
    name: 'login',
    about: 'sign in with your password, the code of a link, or in a browser, and keep a session of this machine',
    arguments: [{ name: 'url', about: `the server (default: LATCHKEY_URL, or ${defaultUrl})`, isOptional: true }],
    flags: [
      { form: '--web', about: 'sign in with a browser, on any machine: no password is typed here' },
      { form: '--email <address>', about: 'your address or username, instead of being asked', to: 'body.email' },
      { form: '--password-stdin', about: 'read the password from stdin, instead of being asked' },
      {
        form: '--name <name>',
        about: 'what the session is called (default: the name of this machine)',
        to: 'body.name',
      },
    ],
    calls: ['openCliSession', 'endCliSession', 'getMe', 'inspectLink', 'redeemLink', 'authorizeDevice', 'pollDevice'],
    sends: ['body.email', 'body.password', 'body.name'],
    examples: [
      'login',
      'login --web',
      'login https://latchkey.example.com',
      'login --email owner@localhost --password-stdin < password.txt',
    ],
    run: signIn,
  },
  {
    name: 'logout',
    about: 'end the session of this machine, here and at the server',
    calls: ['endCliSession'],
    examples: ['logout'],
    run: signOut,
  },
];

async function signIn({ words, switches, isJson }: Given) {
  const { session: file, url: variable, file: config } = readEnvironment();
  const url = baseOf(words.url ?? variable?.value ?? defaultUrl);
  const isPiped = switches.has('password-stdin');
  const called = words.name ?? machine();
  if (switches.has('web') && (isPiped || words.email !== undefined))
    throw new Stop('usage', '--web asks nothing here: leave --email and --password-stdin out.');
  const before = readSession(file);
  const { token, name } = switches.has('web')
    ? await signInByBrowser(url, called)
    : await signInHere(url, { ...(await whoAsks(url, words.email, isPiped)), name: called });
  const { username, email } = parseObject<Record<string, string>>((await call('getMe', { by: { url, token } })).text);
  keepSession(file, { url, token, name, user: username || String(email) });
  if (before) await end(before).catch(() => undefined);
  if (isJson) return printJson(JSON.stringify({ url, name, username, email, file }));
  print(`Signed in to ${url} as ${username} (${email}).`);
  print(`The session ${JSON.stringify(name)} is kept in ${file}, for you alone; latchkey logout ends it.`);
  const { active_remote: remote } = load(config);
  if (remote) warn(`It comes before remote ${JSON.stringify(remote)} of ${config}, until you log out.`);
}

async function signInHere(url: string, body: object): Promise<{ token: string; name: string }> {
  return parseObject((await call('openCliSession', { by: { url }, body, timeout: 30_000 })).text);
}

async function whoAsks(url: string, email: string | undefined, isPiped: boolean) {
  if (!isPiped && !canAsk())
    throw new Stop(
      'usage',
      'There is no terminal to ask at: latchkey login URL --email ADDRESS --password-stdin < FILE',
    );
  const { owner = 'owner@localhost' } = readEnvironment();
  if (isPiped) return { email: email ?? owner, password: await readStdin() };
  warn(`Signing in to ${url}`);
  const name = email ?? ((await ask(`Address or username [${owner}]: `)).trim() || owner);
  // Whoever has a link pastes it where they please.
  const password = codeIn(name) ? name : await ask('Password or code: ', true);
  const code = codeIn(password);
  return code === undefined ? { email: name, password } : useCode(url, code);
}

const machine = () => [...(hostname() || 'a machine')].slice(0, 64).join('');

const end = ({ url, token }: Session) => call('endCliSession', { by: { url, token }, timeout: 10_000 });

/** The file goes in any case: whoever logs out of a server that is gone must not stay signed in here. */
async function signOut({ isJson }: Given) {
  const { session: file } = readEnvironment();
  const session = readSession(file);
  if (!session) throw new Stop('unauthenticated', `There is no session in ${file}. Nothing to end.`);
  dropSession(file);
  try {
    await end(session);
  } catch (error) {
    // 401: it had ended already.
    if (!(error instanceof Stop) || error.code !== 3)
      throw new Stop(
        'refused',
        `The session is forgotten here, but not ended at the server: ${(error as Error).message}`,
      );
  }
  if (isJson) return printJson(JSON.stringify({ url: session.url, name: session.name }));
  print(`Signed out of ${session.url}: the session ${JSON.stringify(session.name)} has ended, here and at the server.`);
}
