import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';

const version = 'v1.37.0';

/** oasdiff, in a folder of its own outside of git; it is made where it is not there. Undefined where there is no Go, or it cannot be had. */
export function oasdiff() {
  const folder = join(root, `node_modules/.cache/oasdiff-${version}`);
  const program = join(folder, 'oasdiff');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder };
  const made = spawnSync('go', ['install', `github.com/oasdiff/oasdiff@${version}`], { env, stdio: 'ignore' });
  return made.status === 0 && existsSync(program) ? program : undefined;
}

/** What oasdiff finds between two contracts: each with its operation and a sentence. Throws with what it said where it found nothing to say. */
export function byOasdiff(program, before, after) {
  const { status, stdout, stderr } = spawnSync(program, ['breaking', before, after, '--format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr || stdout);
  const found = stdout.trim() === '' ? [] : JSON.parse(stdout);
  return (found ?? [])
    .filter(({ level }) => level === 3)
    .map(({ operation = '', operationId = '', path = '', text }) => ({ operation, id: operationId, path, text }));
}
