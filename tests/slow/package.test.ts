import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

it('npm pack and npm install make `npx latchkey` work, and the library needs nothing of it', async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: join(root, 'generated/clients/typescript'),
  });
  const [{ filename, files }] = JSON.parse(stdout);
  expect(files.map(({ path }: { path: string }) => path)).toContain('cli/main.js');

  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', join(folder, filename), ...quiet], { cwd: folder });
  const env = { ...process.env, PIPELINE_DIR: join(folder, 'pipeline'), PIPELINE_API_TOKEN: '' };
  const npx = (...args: string[]) => run('npx', ['--no-install', 'latchkey', ...args], { cwd: folder, env });
  expect((await npx('--help')).stdout).toMatch(/^Usage: latchkey /);
  expect((await npx('--version')).stdout).toBe(`${read('package.json').version}\n`);
  expect(JSON.parse((await npx('cluster', 'get', '--json')).stdout)).toEqual([]);

  const imports = `import '@latchkey/client';
    const { default: module } = await import('node:module');
    process.stdout.write(JSON.stringify(Object.keys(module._cache ?? {})));`;
  writeFileSync(join(folder, 'import.mjs'), imports);
  expect((await run(process.execPath, [join(folder, 'import.mjs')])).stdout).toBe('[]');
}, 120_000);

it('depends on exactly what it is tested with', () => {
  const { dependencies, devDependencies } = read('package.json');
  for (const [name, version] of Object.entries(read('generated/clients/typescript/package.json').dependencies)) {
    expect(version).toBe({ ...devDependencies, ...dependencies }[name]);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});
