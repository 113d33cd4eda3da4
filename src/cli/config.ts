import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says to the program. Nothing else of it reads the environment. */
export interface Environment {
  /** `config.yaml`, the file that is shared with the `pipeline` command line. */
  file: string;
  /** What `latchkey login` keeps, beside it. */
  session: string;
  token: Variable | undefined;
  url: Variable | undefined;
  /** Whom `latchkey login` suggests. */
  owner: string | undefined;
  /** Whether colours may be used on a terminal: https://no-color.org */
  mayColour: boolean;
}

/** A variable that is set. */
export interface Variable {
  name: string;
  value: string;
}

/** Reads the environment. Empty variables count as missing, but for PIPELINE_DIR, as in the real client. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const home = process.platform === 'win32' ? (env.LOCALAPPDATA ?? homedir()) : homedir();
  const folder = env.PIPELINE_DIR ?? join(home, '.pipeline');
  const first = (...names: string[]): Variable | undefined => {
    const name = names.find((each) => env[each]);
    return name === undefined ? undefined : { name, value: env[name] as string };
  };
  return {
    file: join(folder, 'config.yaml'),
    session: join(folder, 'latchkey.json'),
    token: first('LATCHKEY_API_KEY', 'PIPELINE_API_TOKEN'),
    url: first('LATCHKEY_URL', 'PIPELINE_API_URL'),
    owner: env.LATCHKEY_OWNER_EMAIL || undefined,
    mayColour: !env.NO_COLOR && env.TERM !== 'dumb',
  };
}
