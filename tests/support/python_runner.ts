import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Program, programOf } from './process.ts';

/** Starts the block runner of this repository, with nothing installed: it needs Python alone. */
export function pythonRunner(url: string, key: string, work: string, flags: string[] = []): Program {
  const folder = fileURLToPath(new URL('../../runners/python', import.meta.url));
  const env = { PATH: process.env.PATH ?? '', PYTHONPATH: folder, LATCHKEY_URL: url, LATCHKEY_API_KEY: key };
  return programOf(spawn('python3', ['-m', 'latchkey_runner', '--work', work, ...flags], { env }));
}
