import type { Command } from './command.ts';
import { api } from './commands/api.ts';
import { cluster } from './commands/cluster.ts';
import { completion } from './commands/completion.ts';
import { files } from './commands/files.ts';
import { keys } from './commands/keys.ts';
import { pipelines } from './commands/pipelines.ts';
import { pointers } from './commands/pointers.ts';
import { runs } from './commands/runs.ts';
import { whoami } from './commands/whoami.ts';

/** Words that commands begin with, in the order of the help. */
export const groups: Record<string, string> = {
  cluster: 'the servers that you are signed in to',
  keys: 'your API keys',
  pipelines: 'pipelines',
  pointers: 'names that lead to pipelines',
  files: 'files that go into runs, and that came out of them',
  runs: 'runs of pipelines',
};

/** Every command there is. */
export const commands: Command[] = [
  ...cluster,
  ...keys,
  ...pipelines,
  ...pointers,
  ...files,
  ...runs,
  whoami,
  api,
  completion,
];
