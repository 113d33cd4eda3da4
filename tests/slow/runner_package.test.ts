import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../../runners/python', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-runner-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the tests of the runner, in Python', async () => {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const { stderr } = await run('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], { cwd: source, env });
  expect(stderr).toMatch(/^OK/m);
});

it('is installed by pip from the server’s address alone', async () => {
  await run(process.execPath, [join(source, '../../scripts/pack_runner.js'), folder]);
  const server = createServer((_request, response) =>
    response.end(readFileSync(join(folder, 'latchkey-runner.tar.gz'))),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/install/latchkey-runner.tar.gz`;
  await run('python3', ['-m', 'venv', join(folder, 'python')]);
  // No index answers: what it needs is in it.
  const alone = [
    '--index-url',
    'http://127.0.0.1:1',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--retries',
    '0',
  ];
  await run(join(folder, 'python/bin/pip'), ['install', ...alone, address]);
  server.close();
  const { stdout } = await run(join(folder, 'python/bin/latchkey-runner'), ['--version']);
  expect(readFileSync(join(source, 'pyproject.toml'), 'utf8')).toContain(`version = "${stdout.trim()}"`);
});
