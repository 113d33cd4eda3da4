import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFile } from '../../src/database/postgres/lock.ts';
import { ready, startProgram } from '../support/process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A port that somebody else has. */
async function taken(host = '127.0.0.1') {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  return { port: String(port), release: () => server.close() };
}

describe('1: before anything is installed, built or made', () => {
  const clone = join(base, 'clone');
  beforeAll(() => {
    for (const path of ['scripts', 'package.json', 'package-lock.json'])
      cpSync(join(root, path), join(clone, path), { recursive: true });
    chmodSync(base, 0o755);
  });

  /** What the start says in this clone, which has nothing that it needs, and its exit code. */
  async function refusal(settings: Record<string, string>, who: { uid?: number; gid?: number } = {}) {
    const env = { PATH: process.env.PATH ?? '', PORT: '0', ...settings };
    const child = spawn(process.execPath, ['scripts/start.js'], { cwd: clone, env, ...who });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(readdirSync(clone).sort()).toEqual(['package-lock.json', 'package.json', 'scripts']);
    return [said, code];
  }

  it.each(['127.0.0.1', '::1'])('A20: a port that is taken on %s is told', async (host) => {
    const there = await taken(host).catch(() => undefined);
    if (!there) return expect(host).toBe('::1');
    const { port, release } = there;
    const line = `Port ${port} of localhost is in use: stop what uses it, or set another HOST or PORT\n`;
    expect(await refusal({ PORT: port })).toEqual([line, 1]);
    release();
  });

  it.each(['eighty', '65536', '-1', '80.5'])('PORT=%s is no port', async (PORT) => {
    expect(await refusal({ PORT })).toEqual(['PORT must be a whole number from 0 to 65535\n', 2]);
  });

  it('packages that are linked from another clone are not touched', async () => {
    const theirs = join(base, 'packages');
    mkdirSync(theirs);
    writeFileSync(join(theirs, 'one'), 'kept');
    symlinkSync(theirs, join(clone, 'node_modules'));
    const child = spawnSync(process.execPath, ['scripts/install.js'], { cwd: clone, encoding: 'utf8' });
    rmSync(join(clone, 'node_modules'));
    expect([child.status, child.stderr]).toEqual([1, expect.stringMatching(/^node_modules is a link .+\n$/)]);
    expect(readdirSync(theirs)).toEqual(['one']);
  });

  it('a data folder is no file, and not below one', async () => {
    const file = join(clone, 'package.json');
    const line = `LATCHKEY_DATA: ${file} is no folder: choose another folder\n`;
    for (const LATCHKEY_DATA of [file, join(file, 'below')])
      expect(await refusal({ LATCHKEY_DATA })).toEqual([line, 1]);
  });

  it('a data folder is not somebody else’s', async () => {
    const folder = join(base, 'theirs');
    mkdirSync(folder);
    // Root may write everywhere: then as another user.
    const isRoot = process.getuid?.() === 0;
    chmodSync(folder, isRoot ? 0o755 : 0o555);
    const who = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    const why = isRoot ? 'belongs to user 0, and this is user 65534' : 'cannot be written to (EACCES)';
    const line = `LATCHKEY_DATA: ${folder} ${why}: choose another folder, or start as its owner\n`;
    for (const LATCHKEY_DATA of [folder, join(folder, 'below', 'it')])
      expect(await refusal({ LATCHKEY_DATA }, who)).toEqual([line, 1]);
  });

  it('a data folder is in use by no other Latchkey', async () => {
    const folder = join(base, 'used');
    mkdirSync(folder);
    const lock = await lockFile(join(folder, 'postgres.lock'), String);
    const holder = `another Latchkey (process ${process.pid})`;
    const line = `${folder} is in use by ${holder}: stop it, or set LATCHKEY_DATA to another folder\n`;
    expect(await refusal({ LATCHKEY_DATA: folder })).toEqual([line, 1]);
    lock.release();
  });
});

describe('A20: a port that is taken', () => {
  it('leaves no database and makes no link: the next start does', async () => {
    const { port, release } = await taken();
    const LATCHKEY_DATA = join(base, 'spent');
    const refused = startProgram('src/main.ts', { LATCHKEY_DATA, PORT: port });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toBe(
      `Port ${port} of localhost is in use: stop what uses it, or set another HOST or PORT\n`,
    );
    expect(existsSync(LATCHKEY_DATA)).toBe(false);
    release();
    const next = startProgram('src/main.ts', { LATCHKEY_DATA, PORT: '0' });
    await next.said(ready);
    expect(readFileSync(join(LATCHKEY_DATA, 'welcome'), 'utf8')).toMatch(/\/welcome#fst_[\w-]{43}\n$/);
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });

  it.each([
    ['192.0.2.1', 'HOST 192.0.2.1 is no address of this machine: set another, or 0.0.0.0 for all of them\n'],
    ['nowhere.invalid', 'HOST nowhere.invalid is no name that is known here: set an address, as 127.0.0.1\n'],
  ])('HOST=%s is one line that says what to do', async (HOST, line) => {
    const refused = startProgram('src/main.ts', { LATCHKEY_DATA: join(base, 'never'), HOST, PORT: '0' });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toBe(line);
  });
});

describe('A21: a build', () => {
  const clone = join(base, 'build');
  const script = (code: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: clone, encoding: 'utf8' });
  const page = join(clone, 'dist/docs/mage.html');
  const client = join(clone, 'generated/clients/typescript');
  const before = { dist: 0 };

  beforeAll(() => {
    const parts = ['scripts', 'src', 'console', 'generated', 'openapi', 'runners', 'package.json', 'package-lock.json'];
    const pages = ['docs', 'examples', 'CHANGELOG.md'];
    for (const path of [...parts, ...pages, 'tsconfig.json', 'tsconfig.build.json', 'redocly.yaml'])
      cpSync(join(root, path), join(clone, path), { recursive: true, preserveTimestamps: true });
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    script(`import { buildIfNeeded } from './scripts/build.js'; await buildIfNeeded();`);
    before.dist = Number(script(`import { statSync } from 'node:fs'; console.log(statSync('dist').ino)`));
  });
  const folder = () => Number(script(`import { statSync } from 'node:fs'; console.log(statSync('dist').ino)`));

  it('is not made anew for a package that was packed in the client', () => {
    script(`import { writeFileSync } from 'node:fs';
      writeFileSync('${client}/latchkey-client-0.1.0.tgz', 'packed');`);
    expect(script(`import { buildIfNeeded } from './scripts/build.js'; await buildIfNeeded();`)).toBe('');
    expect(folder()).toBe(before.dist);
  });

  it('has the server and its packages in one file: a start reads nothing else but contracts, and what is machine code', () => {
    const text = readFileSync(join(clone, 'dist/src/start.js'), 'utf8');
    const asked = [...text.matchAll(/^import\b[^;]*?["']([^"']+)["'](?: with .*)?;$/gm)].map(([, name]) =>
      String(name),
    );
    expect(asked.length).toBeGreaterThan(20);
    const others = asked.filter((name) => !isBuiltin(name) && !/^\.\.\/generated\/\w+\.json$/.test(name));
    expect(others).toEqual(['@node-rs/argon2']);
    expect(text).not.toMatch(/^\/\/ node_modules\/typescript\//m);
  });

  it('takes the place of the one before when it is whole: every page is there at any moment', async () => {
    script(`import { writeFileSync } from 'node:fs'; writeFileSync('src/new.ts', 'export const one = 1;');`);
    const code = `import { buildIfNeeded } from './scripts/build.js'; await buildIfNeeded();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: clone });
    const missing: number[] = [];
    let looks = 0;
    const look = setInterval(() => {
      looks += 1;
      if (!existsSync(page) || !existsSync(join(clone, 'dist/src/main.js'))) missing.push(looks);
    }, 1);
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    clearInterval(look);
    expect(looks).toBeGreaterThan(50);
    // Between two renames there is a moment that a look may hit; it is none of the build's length.
    expect(missing.length).toBeLessThan(looks / 4);
    expect(folder()).not.toBe(before.dist);
    expect(existsSync(join(clone, 'dist/src/new.js'))).toBe(true);
    expect(readdirSync(clone).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  });

  it('is never made by a command beside the server: rotate-keys runs from the one that is there', () => {
    const built = folder();
    script(`import { writeFileSync } from 'node:fs'; writeFileSync('src/newer.ts', 'export const two = 2;');`);
    expect(script(`import { buildIfMissing } from './scripts/build.js'; await buildIfMissing();`)).toBe('');
    expect(folder()).toBe(built);
  });

  it('that fails leaves the one before', () => {
    const built = folder();
    script(
      `import { writeFileSync } from 'node:fs'; writeFileSync('tsconfig.build.json', '{"extends": "./nowhere.json", "include": ["src/version.ts"]}');`,
    );
    const failing = `import { build } from './scripts/build.js'; await build();`;
    expect(() =>
      execFileSync(process.execPath, ['--input-type=module', '-e', failing], { cwd: clone, stdio: 'pipe' }),
    ).toThrow();
    expect(folder()).toBe(built);
    expect(readdirSync(clone).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  });
});

describe('C: a copy of the data folder', () => {
  it('starts, with other modes and as root with another owner too', async () => {
    const [original, copy] = [join(base, 'original'), join(base, 'copy')];
    const start = (folder: string) => startProgram('tests/slow/postgres-program.ts', {}, [folder]);
    const stop = async ({ child, ended }: ReturnType<typeof start>) => {
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    };
    const first = start(original);
    await first.said(/^1 postgres:/m);
    await stop(first);

    cpSync(original, copy, { recursive: true });
    const isRoot = process.getuid?.() === 0;
    const all = [
      join(copy, 'postgres'),
      ...readdirSync(join(copy, 'postgres'), { recursive: true }).map((name) => join(copy, 'postgres', String(name))),
    ];
    for (const path of isRoot ? all : []) lchownSync(path, 0, 0);
    for (const path of [join(copy, 'postgres'), join(copy, 'postgres/files')]) chmodSync(path, 0o755);
    const second = start(copy);
    await second.said(/^2 postgres:/m);
    await stop(second);
  });
});
