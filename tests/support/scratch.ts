import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

export const root = join(import.meta.dirname, '../..');

/** A command in a folder, as somebody types it: its exit code, and what it said. */
export function run(folder: string, command: string): Promise<{ code: number; out: string }> {
  // This runs in a worker of vitest: what it starts must not take itself for one.
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$|npm_)/.test(name));
  const env = { ...Object.fromEntries(own), NO_COLOR: '1', npm_config_update_notifier: 'false' };
  return new Promise((resolve) => {
    const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
    execFile('bash', ['-c', `exec 2>&1\n${command}`], options, (error, out) =>
      resolve({ code: error ? Number(error.code) : 0, out }),
    );
  });
}

/** A command that must not fail; gives what it said. */
export async function succeed(folder: string, command: string): Promise<string> {
  const { code, out } = await run(folder, command);
  expect([command, code, code === 0 ? '' : out]).toEqual([command, 0, '']);
  return out;
}

const folders: string[] = [];

/** A copy of the project as it stands, without what is built; its packages are ours. */
export async function scratch(): Promise<string> {
  // A copy that found its packages wanting would install them, through the link.
  await succeed(root, 'node scripts/install.js');
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-scratch-'));
  folders.push(folder);
  const left = new Set(['node_modules', 'dist', '.git', '.latchkey'].map((name) => join(root, name)));
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

export function removeScratches(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
