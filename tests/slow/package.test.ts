import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
const pack = (to: string) =>
  run(process.execPath, [
    '--input-type=module',
    '-e',
    `import { packClient } from ${JSON.stringify(join(root, 'scripts/package.js'))}; await packClient(${JSON.stringify(to)});`,
  ]);

it('the client of /install is installed from that address alone, and holds `npx latchkey` in one file', async () => {
  await pack(folder);
  const server = createServer((_request, response) => response.end(readFileSync(join(folder, 'client.tgz'))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/install/client.tgz`;

  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  // No other registry answers: what it needs is in it.
  const alone = [
    '--registry',
    'http://127.0.0.1:1',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retries=0',
  ];
  await run('npm', ['install', address, ...alone, '--cache', join(folder, 'cache')], { cwd: folder });
  server.close();
  const env = { ...process.env, PIPELINE_DIR: join(folder, 'pipeline'), PIPELINE_API_TOKEN: '', LATCHKEY_API_KEY: '' };
  const npx = (...args: string[]) => run('npx', ['--no-install', 'latchkey', ...args], { cwd: folder, env });
  expect((await npx('--help')).stdout).toMatch(/^Usage: latchkey /);
  expect((await npx('--version')).stdout).toBe(`${read('package.json').version}\n`);
  expect(JSON.parse((await npx('cluster', 'get', '--json')).stdout)).toEqual([]);

  const imports = `import { createMageClient } from '@latchkey/client';
    const { default: module } = await import('node:module');
    process.stdout.write(JSON.stringify([typeof createMageClient, Object.keys(module._cache ?? {})]));`;
  writeFileSync(join(folder, 'import.mjs'), imports);
  expect((await run(process.execPath, [join(folder, 'import.mjs')])).stdout).toBe('["function",[]]');
}, 120_000);

it('npx latchkey works in a clone, without a build', async () => {
  const env = { ...process.env, npm_config_registry: 'http://127.0.0.1:1', npm_config_fetch_retries: '0' };
  const { stdout } = await run('npx', ['latchkey', '--version'], { cwd: root, env });
  expect(stdout).toBe(`${read('package.json').version}\n`);
});

it('depends on exactly what it is tested with', () => {
  const { dependencies, devDependencies } = read('package.json');
  for (const [name, version] of Object.entries(read('generated/clients/typescript/package.json').dependencies)) {
    expect(version).toBe({ ...devDependencies, ...dependencies }[name]);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});
