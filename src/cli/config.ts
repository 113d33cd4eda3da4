import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says to the program. Nothing else of it reads the environment. */
export interface Environment {
  /** `config.yaml`, the file that is shared with the `pipeline` command line. */
  file: string;
  token: string | undefined;
  url: string | undefined;
  /** Whether colours may be used on a terminal: https://no-color.org */
  mayColour: boolean;
}

/** Reads the environment. Empty variables count as missing, but for PIPELINE_DIR, as in the real client. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const home = process.platform === 'win32' ? (env.LOCALAPPDATA ?? homedir()) : homedir();
  return {
    file: join(env.PIPELINE_DIR ?? join(home, '.pipeline'), 'config.yaml'),
    token: env.PIPELINE_API_TOKEN || undefined,
    url: env.PIPELINE_API_URL || undefined,
    mayColour: !env.NO_COLOR && env.TERM !== 'dumb',
  };
}
