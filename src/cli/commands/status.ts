import { parse, read } from '../answer.ts';
import type { Command, Given } from '../command.ts';
import { readEnvironment } from '../config.ts';
import { chooseCredential, defaultUrl, mask } from '../credential.ts';
import { printJson, printTable, warn } from '../output.ts';
import { send } from '../request.ts';
import { call } from '../server.ts';
import { Stop } from '../stop.ts';

/** Everything that decides what the other commands do. */
export const status: Command = {
  name: 'status',
  about: 'show who you are, where, with which key, and whether the server is well',
  calls: ['getMe'],
  examples: ['status', 'status --json'],
  run,
};

interface Me {
  username: string;
  email: string;
  roles: string[];
}

async function run({ isJson }: Given) {
  const { credential, ignored, why } = chooseCredential();
  const url = credential?.url ?? readEnvironment().url?.value ?? defaultUrl;
  const health = await healthOf(url);
  const asked = credential && health.isThere ? await whoAmI(credential) : undefined;
  const user = asked && !(asked instanceof Stop) ? asked : undefined;
  const shown = {
    server: `${url}${health.version ? `, version ${health.version}` : ''}: ${health.state}`,
    user: user ? `${user.username} (${user.email}), ${user.roles.join(', ') || 'without a role'}` : 'nobody',
    with: credential?.token ? `${mask(credential.token)}, ${credential.from}` : 'nothing: see latchkey login',
  };
  if (isJson) {
    printJson(
      JSON.stringify({ url, ...health, user: user ?? null, with: credential?.from ?? null, ignored: ignored ?? null }),
    );
  } else printTable([], Object.entries(shown));
  if (!isJson && ignored) warn(ignored);
  if (!isJson && why) warn(why);
  if (!health.isWell) throw new Stop('refused', `${url} is not well: ${health.state}.`);
  if (asked instanceof Stop) throw asked;
  if (!credential) throw new Stop('unauthenticated', 'You are not signed in. Run: latchkey login');
}

async function whoAmI(by: { url: string; token?: string }): Promise<Me | Stop> {
  try {
    return parse((await call('getMe', { by, timeout: 5_000 })).text) as Me;
  } catch (error) {
    if (error instanceof Stop) return error;
    throw error;
  }
}

async function healthOf(url: string) {
  try {
    const [alive, ready] = await Promise.all(
      ['/healthz', '/readyz'].map(async (path) => read(await send({ url }, 'GET', path, { timeout: 5_000 }))),
    );
    const { version } = (parse(alive?.text ?? '') ?? {}) as { version?: string };
    const isWell = alive?.status === 200 && ready?.status === 200;
    const state = isWell ? 'well' : `HTTP ${ready?.status} from /readyz`;
    return { isThere: true, isWell, state, ...(typeof version === 'string' && { version }) };
  } catch (error) {
    return {
      isThere: false,
      isWell: false,
      state: (error as Error).message.replace(/^.* cannot be reached: |\.$/g, ''),
    };
  }
}
