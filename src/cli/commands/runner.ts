import type { Command } from '../command.ts';
import { findCredential } from '../credential.ts';
import { print, printJson } from '../output.ts';

/** How a program that executes the blocks of pipelines is installed from the server and started. */
export const runner: Command = {
  name: 'runner',
  about: 'say how to install and start a runner, which executes the blocks of pipelines',
  calls: [],
  examples: ['runner'],
  run: async ({ isJson }) => {
    const { url } = findCredential();
    const base = url.replace(/\/+$/, '');
    const lines = [
      `pip install ${base}/install/latchkey-runner.tar.gz`,
      `export LATCHKEY_URL=${base}`,
      'export LATCHKEY_API_KEY=$(latchkey keys create runner --scopes runs:execute)',
      'latchkey-runner',
    ];
    if (isJson) return printJson(JSON.stringify(lines));
    print(`On the machine that is to execute the blocks, with Python 3.9 or newer:\n\n  ${lines.join('\n  ')}`);
  },
};
