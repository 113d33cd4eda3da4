import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
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

  const imports = `import { createLatchkey } from '@latchkey/client';
    const { default: module } = await import('node:module');
    process.stdout.write(JSON.stringify([typeof createLatchkey, Object.keys(module._cache ?? {})]));`;
  writeFileSync(join(folder, 'import.mjs'), imports);
  expect((await run(process.execPath, [join(folder, 'import.mjs')])).stdout).toBe('["function",[]]');
});

it('publint and attw find nothing wrong with the package', async () => {
  await pack(folder);
  const tgz = join(folder, 'client.tgz');
  const said = (tool: string, ...args: string[]) =>
    run('npm', ['exec', '--yes', '--loglevel=error', `--package=${tool}`, '--', ...args], { cwd: folder }).then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }) => expect.fail(`${stdout}${stderr}`),
    );
  expect(await said('publint@0.3.25', 'publint', 'run', tgz, '--strict')).toContain('All good!');
  const types = await said('@arethetypeswrong/cli@0.18.5', 'attw', tgz, '--profile', 'esm-only', '--no-emoji');
  expect(types).toContain('OK (ESM)');
}, 180_000);

it('a bundle of it is small, and has what is imported alone', async () => {
  const { build } = await import('esbuild');
  const bundled = async (what: string) => {
    const options = { bundle: true, minify: true, format: 'esm', platform: 'browser', write: false } as const;
    const stdin = { contents: `${what} from './index.js'`, resolveDir: join(root, 'generated/clients/typescript') };
    const { outputFiles } = await build({ ...options, stdin });
    return gzipSync(outputFiles[0]?.contents ?? '').length;
  };
  // What a bundler puts out, gzipped.
  expect(await bundled('export *')).toBeLessThan(15_000);
  expect(await bundled('export { createV1 }')).toBeLessThan(7_000);
  expect(await bundled('export { verifyWebhook }')).toBeLessThan(1_500);
  expect(await bundled('export { NotFound }')).toBeLessThan(1_000);
});

it('an editor shows names and documentation, and a strict compiler lets nothing wrong through', () => {
  const file = join(root, 'tests/slow/as-typed.ts');
  const text = `import { createLatchkey } from '../../generated/clients/typescript/index.js';
const latchkey = createLatchkey({ url: 'http://localhost:6789', apiKey: 'mgp_1' });
export const made = latchkey.keys.create({ name: 'ci' });
export const listed = latchkey.pipelines.list({ limit: 10 });
export const typo = latchkey.keys.create({ nme: 'ci' });
export const nowhere = latchkey.keys.crate({ name: 'ci' });
export const strict = latchkey.keys.list({ limit: 'ten' });
`;
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    skipLibCheck: false,
  };
  const read = (name: string) => (name === file ? text : ts.sys.readFile(name));
  const service = ts.createLanguageService({
    useCaseSensitiveFileNames: () => true,
    getCurrentDirectory: () => root,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    readDirectory: ts.sys.readDirectory,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const content = read(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: read,
  });
  const shown = (what: string) => {
    const info = service.getQuickInfoAtPosition(file, text.indexOf(what) + what.length - 1);
    return ts.displayPartsToString(info?.displayParts) + ts.displayPartsToString(info?.documentation);
  };
  expect(shown('keys.create')).toMatch(
    /^\(method\) KeysMethods\.create\(body: NewKey, options\?: IdempotentOptions\): Promise<SecretKey>Generate a key\.\n/,
  );
  expect(shown('pipelines.list')).toContain(
    'list(query?: PipelinesListQuery, options?: CallOptions): List<Pipelines, Pipeline>',
  );
  const wrong = service.getSemanticDiagnostics(file).map(({ start = 0 }) => text.slice(start, start + 5));
  expect(wrong).toEqual(['nme: ', 'crate', 'limit']);
  const library =
    service
      .getProgram()
      ?.getSourceFiles()
      .map(({ fileName }) => fileName) ?? [];
  const own = library.filter((name) => name.includes('generated/clients/typescript'));
  expect(own.flatMap((name) => service.getSemanticDiagnostics(name))).toEqual([]);
});

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
