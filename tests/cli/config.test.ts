import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dump } from '../../src/cli/pyyaml.ts';
import { parse } from '../../src/cli/settings.ts';
import { type Listening, listen, openShell, runBare, type Shell } from '../support/cli.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const cases = fixture('config.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** Takes one token, and says on `/v4/users/me` which one it was sent. */
let server: Listening;
beforeAll(async () => {
  server = await listen((request, response) => {
    const { url = '', headers } = request;
    if (headers.authorization === 'Bearer page') {
      return response.setHeader('content-type', 'text/html').end('<h1>Hello</h1>');
    }
    if (headers.authorization === 'Bearer elsewhere') return response.writeHead(302, { location: '/' }).end();
    if (headers.authorization === 'Bearer bad') {
      return response.writeHead(401, { 'x-correlation-id': 'r1' }).end('{"detail":{"message":"Not authenticated."}}');
    }
    if (url.endsWith('/v4/tokens/validate')) return response.writeHead(204).end();
    return response.end(JSON.stringify({ id: headers.authorization, username: url }));
  });
});
afterAll(() => server.close());

/** A shell whose config.yaml is this. */
function shellWith(text: string): Shell {
  const shell = openShell();
  mkdirSync(shell.folder, { recursive: true });
  writeFileSync(shell.file, text);
  return shell;
}

const remotes = (...rows: [alias: string, token: string | undefined][]) =>
  rows.map(([alias, token]) => ({ alias, token, url: server.url }));
const whoami = async (shell: Shell, env: Record<string, string> = {}) => {
  const { stdout, stderr, code } = await shell.run(['whoami', '--json'], { env });
  return { code, stderr, token: code === 0 ? JSON.parse(stdout).id.replace('Bearer ', '') : undefined };
};

describe('the file is the one of the pipeline command line', () => {
  it('is written with the very bytes that PyYAML writes', () => {
    expect(cases.length).toBeGreaterThan(100);
    for (const { settings, yaml } of cases) expect(dump(settings)).toBe(yaml);
  });

  it('is read back whole', () => {
    for (const { settings, yaml } of cases) expect(parse(yaml)).toEqual(settings);
  });

  it('reads what a person may write: comments, other keys, other quotes, flow style, numbers', () => {
    expect(parse('# mine\nremotes: [{url: http://a, alias: b, colour: red}]\nactive_remote: ~\nmore: 1\n')).toEqual({
      remotes: [{ alias: 'b', url: 'http://a' }],
    });
    expect(parse("remotes:\n  - alias: 7\n    token: 0123\n    url: 'u'")).toEqual({
      remotes: [{ alias: '7', token: '0123', url: 'u' }],
    });
  });

  it.each([
    '',
    '# nothing',
    '[]',
    'text',
    'remotes: 5',
    'remotes: [5]',
    'remotes: [{alias: a}]',
    '{',
    'a: !!python/object b',
  ])('does not take %j for one, as the real client does not', async (text) => {
    const { code, stderr, stdout } = await shellWith(text).run(['whoami']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^latchkey: .*config\.yaml is no valid configuration file\..*\n$/);
  });
});

describe('cluster', () => {
  it('login, use and remove leave the bytes that the real client leaves', async () => {
    const written = (shell: Shell) => readFileSync(shell.file, 'utf8').replaceAll(server.url, 'http://127.0.0.1:18999');
    const shell = openShell();
    const first = await shell.run(['cluster', 'login', 'mystic-api', 'pipeline_sk_abc', '-u', server.url, '-a']);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(written(shell)).toBe(fixture('login.yaml'));

    await shell.run(['cluster', 'login', 'Zweite Ümgebung', 'yes', '-u', `${server.url}/`]);
    expect(parse(written(shell))?.active_remote).toBe('mystic-api');
    await shell.run(['cluster', 'login', '-u', `${server.url}/prefix`, '-a', '0123', 'it-is_a#token']);
    expect(written(shell)).toBe(fixture('three.yaml').replace("'it''s: a # token'", 'it-is_a#token'));
    await shell.run(['cluster', 'use', 'mystic-api']);
    expect(written(shell)).toBe(fixture('used.yaml').replace("'it''s: a # token'", 'it-is_a#token'));

    await shell.run(['cluster', 'remove', '0123']);
    await shell.run(['cluster', 'remove', 'Zweite Ümgebung']);
    expect(written(shell)).toBe(fixture('login.yaml'));
    expect((await shell.run(['cluster', 'remove', 'mystic-api'])).code).toBe(0);
    expect(written(shell)).toBe('{}\n');
  });

  it('login asks at the root of the server, with the token', async () => {
    const before = server.requests.length;
    await openShell().run(['cluster', 'login', 'a', 'tok', '-u', `${server.url}/prefix/x`]);
    const asked = server.requests.slice(before);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /v4/tokens/validate']);
    expect(asked[0]?.headers.authorization).toBe('Bearer tok');
  });

  it('login reads the token from stdin', async () => {
    const shell = openShell();
    await shell.run(['cluster', 'login', 'a', '-', '-u', server.url], { input: 'from-stdin\n' });
    expect(parse(readFileSync(shell.file, 'utf8'))?.remotes?.[0]?.token).toBe('from-stdin');
  });

  it.each([
    ['bad', '', /does not know this token: Not authenticated\. \(HTTP 401, request r1\)/],
    ['page', '', /is no Latchkey or Mystic server/],
    ['elsewhere', '', /is no Latchkey or Mystic server/],
    ['tok', 'http://127.0.0.1:1', /cannot be reached: nothing listens there/],
    ['tok', 'http://nowhere.invalid', /cannot be reached/],
  ])('login with %j at %j says why it fails, exit 1, and writes nothing', async (token, url, why) => {
    const shell = openShell();
    const { code, stderr } = await shell.run(['cluster', 'login', 'a', token, '-u', url || server.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(why);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(() => statSync(shell.folder)).toThrow();
  });

  it('login refuses an alias that is there, without asking', async () => {
    const shell = shellWith(fixture('login.yaml'));
    const before = server.requests.length;
    const { code, stderr } = await shell.run(['cluster', 'login', 'mystic-api', 'x', '-u', server.url]);
    expect([code, server.requests.length]).toEqual([1, before]);
    expect(stderr).toContain('There is a remote "mystic-api" already.');
    expect(readFileSync(shell.file, 'utf8')).toBe(fixture('login.yaml'));
  });

  it.each([['ftp://x'], ['localhost:1'], ['']])('login with the address %j is a mistake, exit 2', async (url) => {
    expect((await openShell().run(['cluster', 'login', 'a', 'b', '-u', url])).code).toBe(2);
  });

  it('get shows the beginning of tokens alone, with --json too', async () => {
    const token = `pipeline_sk_${'S3cret-S3cret_S3'.repeat(2)}`;
    const shell = shellWith(
      dump({ active_remote: 'b', remotes: remotes(['a', 'short'], ['b', token], ['c', undefined]) }),
    );
    const shown = await shell.run(['cluster', 'get']);
    const json = await shell.run(['cluster', 'get', '--json']);
    expect(shown.stdout).toBe(
      `ALIAS  URL                     TOKEN               ACTIVE\n${[
        `a      ${server.url}  s...`,
        `b      ${server.url}  pipeline_sk_S3c...  yes`,
        `c      ${server.url}`,
        '',
      ].join('\n')}`.replace('URL                     ', `${'URL'.padEnd(server.url.length)}  `),
    );
    expect(JSON.parse(json.stdout)[1]).toEqual({
      alias: 'b',
      url: server.url,
      token: 'pipeline_sk_S3c...',
      active: true,
    });
    expect(shown.stdout + json.stdout).not.toContain(token.slice(0, 17));
  });

  it('use and remove of what is not there: exit 4, and the names that are', async () => {
    for (const name of ['use', 'remove']) {
      const { code, stderr } = await shellWith(fixture('three.yaml')).run(['cluster', name, 'nope']);
      expect([code, stderr]).toEqual([
        4,
        'latchkey: There is no remote "nope". There are: "mystic-api", "Zweite Ümgebung", "0123".\n',
      ]);
    }
  });

  it('remove of the active one makes the first of the others active, as the file means it', async () => {
    const shell = shellWith(fixture('three.yaml'));
    const { stdout } = await shell.run(['cluster', 'remove', '0123']);
    expect(stdout).toBe('Removed remote "0123"; "mystic-api" is active now.\n');
    expect(parse(readFileSync(shell.file, 'utf8'))?.active_remote).toBe('mystic-api');
  });

  it('a new file is for its owner alone; one that is there keeps its mode, a link stays a link', async () => {
    const shell = openShell();
    await shell.run(['cluster', 'login', 'a', 'b', '-u', server.url]);
    expect(statSync(shell.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(shell.folder)).toEqual(['config.yaml']);

    const linked = openShell();
    mkdirSync(linked.folder, { recursive: true });
    const real = join(linked.folder, 'real.yaml');
    writeFileSync(real, fixture('three.yaml'), { mode: 0o640 });
    symlinkSync(real, linked.file);
    await linked.run(['cluster', 'use', 'mystic-api']);
    expect(readFileSync(real, 'utf8')).toBe(fixture('used.yaml'));
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(linked.folder).sort()).toEqual(['config.yaml', 'real.yaml']);
  });
});

describe('which credential counts (docs/compat/mystic.md)', () => {
  const env = () => ({ PIPELINE_API_TOKEN: 'from-env', PIPELINE_API_URL: server.url });

  it('1: the active remote, and the variables are ignored, which it says once', async () => {
    const shell = shellWith(dump({ active_remote: 'b', remotes: remotes(['a', 'A'], ['b', 'B']) }));
    expect(await whoami(shell)).toEqual({ code: 0, stderr: '', token: 'B' });
    const both = await whoami(shell, env());
    expect(both.token).toBe('B');
    expect(both.stderr).toBe(
      `latchkey: Using remote "b" of ${shell.file}. A login comes before the environment: ` +
        'PIPELINE_API_TOKEN and PIPELINE_API_URL are ignored.\n',
    );
  });

  it('1: an active remote without a token does not borrow the one of the environment', async () => {
    const shell = shellWith(dump({ active_remote: 'a', remotes: remotes(['a', undefined], ['b', 'B']) }));
    const { code, stderr } = await whoami(shell, env());
    expect(code).toBe(3);
    expect(stderr).toContain('has no token');
  });

  it('2: without an active remote, the first, which is active from then on', async () => {
    const shell = shellWith(dump({ remotes: remotes(['a', 'A'], ['b', 'B']) }));
    expect(await whoami(shell, env())).toMatchObject({ code: 0, token: 'A' });
    expect(parse(readFileSync(shell.file, 'utf8'))?.active_remote).toBe('a');
  });

  it('3: an active remote that is not in the list: the environment, which it says', async () => {
    const shell = shellWith(dump({ active_remote: 'gone', remotes: remotes(['a', 'A']) }));
    const { token, stderr } = await whoami(shell, env());
    expect(token).toBe('from-env');
    expect(stderr).toBe(
      `latchkey: The active remote "gone" is not in ${shell.file}. Using PIPELINE_API_TOKEN and PIPELINE_API_URL.\n`,
    );
    expect((await whoami(shell)).code).toBe(3);
  });

  it('4 and 5: an empty list, or no file: the environment', async () => {
    expect(await whoami(shellWith('remotes: []\n'), env())).toEqual({ code: 0, stderr: '', token: 'from-env' });
    expect(await whoami(openShell(), env())).toEqual({ code: 0, stderr: '', token: 'from-env' });
  });

  it('nothing at all: exit 3, and no request is sent', async () => {
    const before = server.requests.length;
    for (const without of [
      {},
      { PIPELINE_API_URL: server.url },
      { PIPELINE_API_TOKEN: '', PIPELINE_API_URL: server.url },
    ]) {
      const { code, stderr } = await whoami(openShell(), without);
      expect(code).toBe(3);
      expect(stderr).toMatch(/^latchkey: You are not signed in\. Run: latchkey login \[URL\]/);
    }
    expect(server.requests.length).toBe(before);
  });

  it('calls go below the path of the URL, whose last slash counts for nothing', async () => {
    const { stdout } = await openShell().run(['whoami', '--json'], {
      env: { PIPELINE_API_TOKEN: 't', PIPELINE_API_URL: `${server.url}/prefix/` },
    });
    expect(JSON.parse(stdout).username).toBe('/prefix/v4/users/me');
  });

  it('without PIPELINE_DIR, the folder is ~/.pipeline', async () => {
    const { folder } = openShell();
    mkdirSync(join(folder, '.pipeline'), { recursive: true });
    writeFileSync(join(folder, '.pipeline/config.yaml'), fixture('three.yaml'));
    const { stdout } = await runBare(['cluster', 'get', '--json'], { PATH: process.env.PATH ?? '', HOME: folder });
    expect(JSON.parse(stdout)).toHaveLength(3);
  });

  it('a token that no header can carry is a mistake, not a crash', async () => {
    for (const token of ['a b', 'a\nb', 'ä', '\u0000']) {
      const shell = shellWith(dump({ active_remote: 'a', remotes: remotes(['a', token]) }));
      expect(await whoami(shell)).toMatchObject({ code: 2, stderr: expect.stringContaining('The token holds') });
    }
  });
});
