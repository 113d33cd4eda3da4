import type { Command } from './command.ts';
import { api } from './commands/api.ts';
import { audit } from './commands/audit.ts';
import { boundKeys } from './commands/bound_keys.ts';
import { cluster } from './commands/cluster.ts';
import { completion } from './commands/completion.ts';
import { files } from './commands/files.ts';
import { help } from './commands/help.ts';
import { keys } from './commands/keys.ts';
import { login } from './commands/login.ts';
import { mage } from './commands/mage.ts';
import { members } from './commands/members.ts';
import { pipelines } from './commands/pipelines.ts';
import { pointers } from './commands/pointers.ts';
import { runner } from './commands/runner.ts';
import { runs } from './commands/runs.ts';
import { status } from './commands/status.ts';
import { usage } from './commands/usage.ts';
import { verify } from './commands/verify.ts';
import { whoami } from './commands/whoami.ts';

/** Every command there is. */
export const commands: Command[] = [
  ...login,
  status,
  ...cluster,
  ...keys,
  ...boundKeys,
  ...members,
  verify,
  usage,
  audit,
  ...pipelines,
  ...pointers,
  ...files,
  ...runs,
  ...mage,
  runner,
  whoami,
  api,
  completion(() => commands),
  help,
];
