import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { groups } from '../../src/cli/groups.ts';
import { clean } from '../../src/cli/output.ts';
import { base, type Listening, listen, openShell, program, runBare } from '../support/cli.ts';

const bash = promisify(execFile);
const shell = openShell();

describe('help', () => {
  it('without a command, and of a group without one, is printed with exit 0', async () => {
    const { code, stdout, stderr } = await shell.run([]);
    expect([code, stderr]).toEqual([0, '']);
    for (const name of Object.keys(groups)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const code of [0, 1, 2, 3, 4, 130]) expect(stdout).toMatch(new RegExp(`^  ${code} +\\w`, 'm'));
    expect(await shell.run(['pipelines'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('create [options]'),
    });
  });

  it('of every command shows its examples', async () => {
    const { name, examples } = commands.find(({ name }) => name === 'runs create') as (typeof commands)[number];
    const { code, stdout } = await shell.run([...name.split(' '), '--help']);
    expect(code).toBe(0);
    for (const example of examples) expect(stdout).toContain(`  $ latchkey ${example}\n`);
  });

  it.each([
    [['bogus'], "unknown command 'bogus'"],
    [['pipelinse', 'list'], 'Did you mean pipelines?'],
    [['pipelines', 'lst'], 'Did you mean list?'],
    [['pipelines', 'list', '--limitt', '3'], 'Did you mean --limit?'],
    [['pipelines', 'get'], "missing required argument 'pipeline'"],
    [['pipelines', 'get', 'a', 'b'], 'too many arguments'],
    [['pipelines', 'create', 'a'], "required option '--image <image>' not specified"],
    [['completion', 'tcsh'], 'There is no completion for "tcsh"'],
    [['completion', '--values', 'swords'], 'There is no kind "swords": take pipelines, '],
    [['help', 'pipelinse'], 'Did you mean pipelines?'],
    [['help', 'pipelines', 'lst'], 'Did you mean list?'],
    [['api', 'GET', '/', '--as', 'sword'], 'take mystic, magpipe, maiagent, mage.'],
    [['pipelines', 'list', '--select', 'data'], 'Write it as .data[].name'],
    [['pipelines', 'list', '--select', '.data[.x'], 'Write it as .data[].name'],
    [['runs', 'create', 'a/b:v1', '--timeout', '3'], '--timeout goes with --wait.'],
  ])('%j is a mistake: exit 2, one line', async (args, sentence) => {
    const { code, stdout, stderr } = await shell.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
    expect(stderr).toContain(sentence);
  });
});

describe('help COMMAND', () => {
  it.each([[[]], [['runs']], [['runs', 'create']], [['whoami']]])('%j is what --help says', async (words) => {
    expect(await shell.run(['help', ...words])).toEqual(await shell.run([...words, '--help']));
  });

  it('of every command has an example', async () => {
    for (const { name, examples } of commands) {
      const { stdout } = await shell.run(['help', ...name.split(' ')]);
      expect(stdout).toContain(`  $ latchkey ${examples[0]}\n`);
    }
  });
});

describe('the process', () => {
  it.each([
    [['--version'], 0],
    [['pipelines', 'lst'], 2],
    [['whoami'], 3],
  ])('%j ends it with %i', async (args, code) => {
    expect(await runBare(args, base(shell.folder))).toMatchObject({ code, [code === 0 ? 'stderr' : 'stdout']: '' });
  });
});

describe('completion', () => {
  /** What bash offers after these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const file = join(shell.folder, '..', 'completion.bash');
    writeFileSync(file, (await shell.run(['completion', 'bash'])).stdout);
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await bash('bash', ['--norc', '-c', script, 'bash', file, 'latchkey', ...words]);
    return stdout.split('\n').filter(Boolean);
  }

  it('bash offers groups, commands and options', async () => {
    expect(await offered('p')).toEqual(['pipelines', 'pointers']);
    expect(await offered('cluster', '')).toEqual(['login', 'use', 'get', 'remove']);
    expect(await offered('pointers', 'edit', 'a', '--')).toEqual([
      '--source',
      '--locked',
      '--unlocked',
      '--json',
      '--select',
      '--help',
    ]);
    expect(await offered('api', 'GET', '/', '-i')).toEqual(['-i']);
    expect(await offered('files', 'upload', '')).toEqual([]);
  });

  it.each(['zsh', 'fish'])('%s knows every command and every option', async (name) => {
    const { code, stdout } = await shell.run(['completion', name]);
    expect(code).toBe(0);
    for (const { name, flags = [] } of commands) {
      for (const word of name.split(' ')) expect(stdout).toContain(word);
      for (const { form } of flags) expect(stdout).toContain(/--([\w-]+)/.exec(form)?.[1]);
    }
  });
});

describe('ends', () => {
  let server: Listening;
  beforeAll(async () => {
    server = await listen((request, response) => {
      const { url = '' } = request;
      if (url.startsWith('/v4/pipelines')) {
        const row = {
          id: 'x'.repeat(100),
          name: 'evil\u001b]0;title\u0007\u202e\nnext',
          created_at: 1705589076.999664,
        };
        return response.end(JSON.stringify({ skip: 0, limit: 1000, total: 1000, data: Array(1000).fill(row) }));
      }
      if (url === '/html') return response.writeHead(502).end('<html>bad gateway</html>');
      if (url === '/list')
        return response.writeHead(422).end('{"detail":[{"loc":["query","limit"],"msg":"too much"}]}');
      if (url === '/text') return response.writeHead(403).end('{"detail":"Forbidden"}');
      if (url === '/odd') return response.writeHead(500).end('{"detail":{"message":"a\\nb\\u001b[31m"}}');
      if (url === '/redirect') return response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      if (url === '/cut') {
        response.writeHead(200, { 'content-length': 10 }).write('abc');
        return setTimeout(() => response.destroy(), 50);
      }
      if (url === '/v4/users/me' || url === '/v4/runs') return response.end('<h1>Welcome</h1>');
      return request.socket.destroy();
    });
  });
  afterAll(() => server.close());

  const env = () => ({ ...base(shell.folder), PIPELINE_API_TOKEN: 't', PIPELINE_API_URL: server.url });
  const api = (path: string) => shell.run(['api', 'GET', path], { env: env() });

  it('the answer of another kind of server is said to be one', async () => {
    for (const args of [['whoami'], ['runs', 'create', 'a/b:v1'], ['runs', 'create', 'a/b:v1', '--wait']]) {
      const { code, stderr, stdout } = await shell.run(args, { env: env() });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe('latchkey: The answer is none of this API. Is that a Latchkey server?\n');
    }
  });

  it('quietly when nobody reads any more', async () => {
    for (const args of [['pipelines', 'list'], ['pipelines', 'list', '--json'], ['completion', 'bash'], ['--help']]) {
      const child = spawn(process.execPath, [program, ...args], { env: env() });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (text) => (stderr += text));
      expect([await once(child, 'close').then(([code]) => code), stderr]).toEqual([0, '']);
    }
  });

  it('a long list comes whole through a pipe', async () => {
    const { stdout } = await shell.run(['pipelines', 'list'], { env: env() });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1001);
    expect((await shell.run(['pipelines', 'list', '--json'], { env: env() })).stdout).toMatch(/\]\}\n$/);
  });

  it('what a server says does not drive the terminal, and no colour is used off it', async () => {
    const { stdout } = await shell.run(['pipelines', 'list'], { env: env() });
    expect(stdout).toContain('evil\\u001b]0;title\\u0007\\u202e next');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(clean('ä 日本 😀 a\tb')).toBe('ä 日本 😀 a\\u0009b');
  });

  it.each([
    ['/html', 1, 'The server did not do it, and did not say why. (HTTP 502)'],
    ['/list', 1, 'query.limit: too much (HTTP 422)'],
    ['/text', 1, 'Forbidden (HTTP 403)'],
    ['/odd', 1, 'a b\\u001b[31m (HTTP 500)'],
    ['/redirect', 1, 'The server sends elsewhere, which is not followed. Correct the URL. (HTTP 302)'],
    ['/gone', 1, 'cannot be reached: the connection was cut.'],
    ['/cut', 1, 'The answer broke off: the connection was cut.'],
  ])('%s: exit %i, and why', async (path, wanted, sentence) => {
    const { code, stderr } = await api(path);
    expect([code, stderr.split('\n').length]).toEqual([wanted, 2]);
    expect(stderr).toContain(sentence);
  });
});
