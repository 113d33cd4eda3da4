import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missing, outputOf, scriptOf, shellBlocks } from '../support/blocks.ts';
import { removeScratches, root, scratch, succeed } from '../support/scratch.ts';

// What the README and the pages tell to type is typed, in order, in a fresh folder, by somebody who has signed in at a server
// that `npm start` started there. A block that cannot be run has a comment right above it that says why:
// <!-- not run: it asks on a terminal -->

const under = (folder: string, name: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path))
    .sort();
const pages = [
  'README.md',
  ...under('docs', /\.md$/).map((path) => `docs/${path}`),
  ...under('examples', /README\.md$/).map((path) => `examples/${path}`),
];
const password = 'correct horse battery staple';
// What pipeline-ai runs on.
const python = `for python in python3 python3.12 python3.11 python3.10; do
  $python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null && exec $python -m venv "$1"
done; echo 'Python 3.10 to 3.12 is needed'; exit 1`;

let clone: string;
let home: string;
let server: ChildProcess | undefined;
let said = '';
let ports: Record<string, number>;
let env: Record<string, string>;

beforeAll(async () => {
  clone = await scratch();
  home = mkdtempSync(join(tmpdir(), 'latchkey-docs-'));
  ports = { 6789: await freePort(), 14300: await freePort() };
  const bin = join(home, 'bin');
  mkdirSync(bin);
  // As it is where the package of the running server is installed.
  writeFileSync(join(bin, 'latchkey'), `#!/bin/sh\nexec node ${clone}/scripts/latchkey.js "$@"\n`, { mode: 0o755 });
  await succeed(clone, `set -- ${home}/python\n${python}`);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TEST$|npm_|LATCHKEY_)/.test(name));
  env = {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    ...{ NO_COLOR: '1', LATCHKEY_OWNER_PASSWORD: password, npm_config_update_notifier: 'false' },
    PATH: `${home}/python/bin:${bin}:${process.env.PATH}`,
  };
  // All pages make their keys with one user.
  server = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...env, PORT: String(ports[6789]), LATCHKEY_KEYS_PER_USER: '100' },
    detached: true,
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (text) => (said += text));
  const ended = once(server, 'exit').then(() => Promise.reject(new Error(`npm start ended:\n${said}`)));
  const ready = (async () => {
    while (!/^Latchkey .*is ready/m.test(said)) await new Promise((resolve) => setTimeout(resolve, 100));
  })();
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
}, 180_000);

afterAll(async () => {
  if (server?.pid && server.exitCode === null) {
    process.kill(-server.pid, 'SIGTERM');
    await once(server, 'exit');
  }
  removeScratches();
  rmSync(home, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as { port: number };
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

/** What pages say of where and who, as it is here; and back. */
const here = (text: string) =>
  text
    .replace(/(localhost:|--port )(6789|14300)/g, (_, before, port) => `${before}${ports[port]}`)
    .replaceAll('container.py &', `container.py ${ports[14300]} &`);
const there = (text: string, own: string) =>
  Object.entries(ports)
    .reduce((so, [port, its]) => so.replaceAll(`localhost:${its}`, `localhost:${port}`), text)
    .replaceAll(own, '/home/ada')
    .replaceAll(`"${hostname()}"`, '"ada-laptop"');

/** Runs a script until it ends or has no more time, with what it has started. */
async function type(script: string, prelude: string, own: string): Promise<string> {
  const files = [join(own, 'prelude.sh'), join(own, 'page.sh')] as const;
  writeFileSync(files[0], prelude);
  writeFileSync(files[1], script);
  const variables = { ...env, HOME: own, BASH_ENV: files[0] };
  const shell = spawn('bash', [files[1]], {
    cwd: clone,
    env: variables,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (text) => (printed += text));
  const stop = () => {
    try {
      process.kill(-(shell.pid as number), 'SIGKILL');
    } catch {
      // Nothing of it runs any more.
    }
  };
  const timer = setTimeout(stop, 120_000);
  const closed = once(shell, 'close');
  const [code, signal] = await once(shell, 'exit');
  clearTimeout(timer);
  stop();
  await closed;
  return code === 0 ? printed : `${printed}\nIt ended with ${code ?? signal}.`;
}

const withBlocks = pages
  .map((page) => ({ page, blocks: shellBlocks(readFileSync(join(root, page), 'utf8')) }))
  // What has another word in its fence is run by another test: tests/slow/new.test.ts.
  .map(({ page, blocks }) => ({ page, blocks: blocks.filter(({ info, notRun }) => info === '' && !notRun) }))
  .filter(({ blocks }) => blocks.length > 0);

it.each(withBlocks)(
  '4: $page can be typed as it stands',
  async ({ page, blocks }) => {
    const own = join(home, page.replaceAll(/\W/g, '-'));
    mkdirSync(own);
    const login = `latchkey login http://localhost:6789 --email owner@localhost --password-stdin <<< "$LATCHKEY_OWNER_PASSWORD"\n`;
    await type(here(login), '', own);
    const { script, prelude } = scriptOf(blocks);
    const printed = there(await type(here(script), prelude, own), own);
    const { outputs, failed, last } = outputOf(printed);
    if (failed || printed.includes('\nIt ended with ')) {
      const { line, command } = failed ?? { line: last, command: '(its last command)' };
      throw new Error(`${page}:${line}: ${command}\n${outputs.get(last) ?? ''}`);
    }
    const differs = blocks.flatMap(({ line, shown }) => {
      const output = outputs.get(line) ?? '';
      const absent = shown && missing(shown, output);
      return absent === undefined ? [] : [`${page}:${shown?.line}: not printed: ${absent}\nbut:\n${output}`];
    });
    expect(differs.join('\n')).toBe('');
  },
  180_000,
);

it('4: docs/cli.md and docs/mystic.md are run, keys, containers and runs among it', () => {
  const run = (page: string) =>
    withBlocks
      .find((each) => each.page === page)
      ?.blocks.flatMap(({ lines }) => lines)
      .join('\n');
  for (const part of ['keys create', 'pipelines container', 'runs create', 'files upload'])
    expect(run('docs/cli.md')).toContain(part);
  for (const part of ['keys create', 'pipelines container', 'run_pipeline', 'pipeline create pointers'])
    expect(run('docs/mystic.md')).toContain(part);
});

it('4: a command that fails is named with its line and what it said, and so is what is shown and not printed', async () => {
  const page = ['# Page', '', '```sh', 'A=$(echo one)', 'echo "$A"', '```', '', '```', 'two', '```'].join('\n');
  const failing = `${page}\n\n- In a list:\n\n  \`\`\`sh\n  echo three\n  cat \\\n    nowhere\n  \`\`\`\n`;
  const own = join(home, 'failing');
  mkdirSync(own);
  const blocks = shellBlocks(failing);
  const { script, prelude } = scriptOf(blocks);
  const { outputs, failed, last } = outputOf(await type(script, prelude, own));
  expect([failed, last]).toEqual([{ line: 17, command: 'cat nowhere' }, 15]);
  expect(outputs.get(15)).toMatch(/^three\ncat: nowhere: No such file/);
  const [{ line, shown } = { line: 0 }] = blocks;
  expect([line, shown && missing(shown, outputs.get(line) ?? '')]).toEqual([4, 'two']);
});
