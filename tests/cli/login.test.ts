import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { select } from '../../src/cli/select.ts';
import { type Listening, listen, openShell, type Shell } from '../support/cli.ts';
import { type Container, openContainer } from '../support/container.ts';
import { ownerPassword } from '../support/house.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';

// Signing in with a password, and what a newcomer does next.

let mystic: Mystic;
let server: Listening;
let container: Container;
beforeAll(async () => {
  mystic = await openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'true' });
  server = await listen(mystic.app);
  container = await openContainer();
});
afterAll(async () => {
  await server.close();
  await container.close();
  await mystic.close();
});

const fileOf = ({ folder }: Shell) => join(folder, 'latchkey.json');
const login = (shell: Shell, ...more: string[]) =>
  shell.run(['login', server.url, '--email', 'owner', '--password-stdin', ...more], { input: `${ownerPassword}\n` });
async function signedIn(): Promise<Shell> {
  const shell = openShell();
  expect((await login(shell)).code).toBe(0);
  return shell;
}
const sessions = () => mystic.house.db('sessions').where({ kind: 'cli', ended_at: null });

describe('login', () => {
  it('keeps a session of this machine, for its user alone, and says so', async () => {
    const shell = openShell();
    const { code, stdout, stderr } = await login(shell);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `Signed in to ${server.url} as owner (owner@example.com).\n` +
        `The session "${hostname()}" is kept in ${fileOf(shell)}, for you alone; latchkey logout ends it.\n`,
    );
    expect(statSync(fileOf(shell)).mode & 0o777).toBe(0o600);
    expect(existsSync(shell.file)).toBe(false);
    expect(JSON.parse((await shell.run(['whoami', '--json'])).stdout).username).toBe('owner');
    expect(JSON.parse(readFileSync(fileOf(shell), 'utf8')).token).toMatch(/^lks_/);
  });

  it('takes the server of LATCHKEY_URL, and another name', async () => {
    const shell = openShell({ LATCHKEY_URL: server.url, LATCHKEY_OWNER_EMAIL: 'owner@example.com' });
    const sent = { input: ownerPassword };
    const { stdout } = await shell.run(['login', '--password-stdin', '--name', 'ci', '--json'], sent);
    expect(JSON.parse(stdout)).toMatchObject({ url: server.url, name: 'ci', username: 'owner' });
    // The variable says the same: nobody is told that it is ignored.
    expect((await shell.run(['whoami'])).stderr).toBe('');
  });

  it('again ends the session before', async () => {
    const shell = await signedIn();
    const before = (await sessions()).length;
    await login(shell);
    expect(await sessions()).toHaveLength(before);
  });

  it('a wrong password: exit 1, one line, and nothing is kept', async () => {
    const shell = openShell();
    const wrong = await shell.run(['login', server.url, '--email', 'owner', '--password-stdin'], { input: 'wrong' });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/^latchkey: The address or the password is wrong\. \(HTTP 400, request [\w-]+\)\n$/);
    expect(existsSync(fileOf(shell))).toBe(false);
    const nowhere = await shell.run(['login', 'http://127.0.0.1:1', '--password-stdin'], { input: 'x' });
    expect([nowhere.code, nowhere.stderr]).toEqual([
      1,
      'latchkey: http://127.0.0.1:1 cannot be reached: nothing listens there.\n',
    ]);
  });

  it('without a terminal, and without --password-stdin: exit 2, and how', async () => {
    const { code, stderr } = await openShell().run(['login', server.url]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^latchkey: There is no terminal to ask at: .*--password-stdin < FILE\n$/);
  });

  it('comes before a remote of config.yaml, and says so; the file stays as it was', async () => {
    const shell = openShell();
    await shell.run(['cluster', 'login', 'home', mystic.people.viewer.key, '-u', server.url]);
    const before = readFileSync(shell.file, 'utf8');
    expect((await login(shell)).stderr).toBe(
      `latchkey: It comes before remote "home" of ${shell.file}, until you log out.\n`,
    );
    expect(JSON.parse((await shell.run(['whoami', '--json'])).stdout).username).toBe('owner');
    expect(readFileSync(shell.file, 'utf8')).toBe(before);
    await shell.run(['logout']);
    expect(JSON.parse((await shell.run(['whoami', '--json'])).stdout).username).toBe('viewer_user');
  });

  it('a file that is no session is named: exit 2', async () => {
    const shell = await signedIn();
    writeFileSync(fileOf(shell), '{}');
    const { code, stderr } = await shell.run(['whoami']);
    expect([code, stderr]).toEqual([
      2,
      `latchkey: ${fileOf(shell)} is no session. Remove it and sign in again: latchkey login\n`,
    ]);
  });
});

describe('logout', () => {
  it('ends the token at the server, too', async () => {
    const shell = await signedIn();
    const { token } = JSON.parse(readFileSync(fileOf(shell), 'utf8'));
    const { code, stdout } = await shell.run(['logout']);
    expect([code, stdout.startsWith(`Signed out of ${server.url}: the session `)]).toEqual([0, true]);
    expect(existsSync(fileOf(shell))).toBe(false);
    const env = { LATCHKEY_API_KEY: token, LATCHKEY_URL: server.url };
    expect((await shell.run(['whoami'], { env })).code).toBe(3);
    expect((await shell.run(['logout'])).code).toBe(3);
  });

  it('of a session that had ended, or of a server that is gone, forgets it all the same', async () => {
    const shell = await signedIn();
    await mystic.house.db('sessions').update({ ended_at: mystic.house.db.fn.now() });
    expect((await shell.run(['logout'])).code).toBe(0);
    const gone = await signedIn();
    const kept = JSON.parse(readFileSync(fileOf(gone), 'utf8'));
    writeFileSync(fileOf(gone), JSON.stringify({ ...kept, url: 'http://127.0.0.1:1' }));
    const { code, stderr } = await gone.run(['logout']);
    expect([code, existsSync(fileOf(gone))]).toEqual([1, false]);
    expect(stderr).toContain('forgotten here, but not ended at the server: http://127.0.0.1:1 cannot be reached');
  });
});

describe('status', () => {
  it('says who, where, with what, and how the server is', async () => {
    const shell = await signedIn();
    const { code, stdout } = await shell.run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^server  ${server.url}(, version \\S+)?: well$`, 'm'));
    expect(stdout).toMatch(/^user {4}owner \(owner@example\.com\), owner$/m);
    expect(stdout).toMatch(/^with {4}lks_[\da-f]{11}\.\.\., the session /m);
  });

  it('names what the environment says differently', async () => {
    const shell = await signedIn();
    const { stderr } = await shell.run(['status'], { env: { LATCHKEY_API_KEY: 'x', LATCHKEY_URL: 'http://other' } });
    expect(stderr).toMatch(/LATCHKEY_API_KEY and LATCHKEY_URL are ignored\.\n$/);
  });

  it.each([
    ['a key that does not hold', { LATCHKEY_API_KEY: 'x' }, 3],
    ['nobody signed in', {}, 3],
    ['a server that is gone', { LATCHKEY_API_KEY: 'x', LATCHKEY_URL: 'http://127.0.0.1:1' }, 1],
  ])('%s', async (_, env, code) => {
    const told = await openShell({ LATCHKEY_URL: server.url, ...env }).run(['status']);
    expect(told.code).toBe(code);
    expect(told.stdout).toMatch(/^server .*\nuser +nobody\nwith /);
  });
});

describe('a first run', () => {
  it('a key in a variable, a container, a run', async () => {
    const shell = await signedIn();
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await shell.run(args);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const key = (await said('keys', 'create', 'ci')).trimEnd();
    expect(key).toMatch(/^mgp_[\da-f]{40}$/);
    const env = { LATCHKEY_API_KEY: key, LATCHKEY_URL: server.url };
    expect((await openShell(env).run(['whoami'])).code).toBe(0);

    await said('pipelines', 'create', 'owner/first', '--image', 'first');
    const nobody = await shell.run(['runs', 'create', 'owner/first:v1', '--input', '5']);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(
      /found nobody to take it\. It has no container\. Attach one: latchkey pipelines container owner\/first:v1 URL\n$/,
    );
    const queued = await shell.run(['runs', 'create', 'owner/first:v1', '--wait', '--timeout', '1']);
    expect(queued.code).toBe(1);
    expect(queued.stderr).toMatch(/Nobody takes run_\w+ yet\. It has no container\. Attach one: /);
    expect(queued.stderr).toMatch(/run_\w+ is still \w+.* after 1 s\. It goes on: latchkey runs get run_\w+\n$/);

    expect(await shell.run(['pipelines', 'container', 'owner/first'])).toMatchObject({ code: 4, stdout: '' });
    expect(await said('pipelines', 'container', 'owner/first', container.url)).toBe(
      `owner/first runs at ${container.url}/ from now on.\n`,
    );
    for (const name of ['owner/first', 'owner/first:v1'])
      expect(await said('pipelines', 'container', name)).toBe(`${container.url}/\n`);
    await said('pipelines', 'container', 'owner/first', '--remove');
    expect((await shell.run(['pipelines', 'container', 'owner/first'])).code).toBe(4);
    expect((await shell.run(['pipelines', 'container', 'owner/never', container.url])).code).toBe(4);
    expect((await shell.run(['pipelines', 'container', 'owner/first', 'http://a', '--remove'])).code).toBe(2);
  });
});

describe('--select', () => {
  const text = '{"data": [{"name": "a", "n": 1}, {"name": "b", "n": null}], "a key": {"é-1": true}, "s": "x\\ny"}';
  it.each([
    ['.data[].name', ['a', 'b']],
    ['.data[0]', ['{"name":"a","n":1}']],
    ['.data[-1].n', ['null']],
    ['.data[9]', ['null']],
    ['.["a key"].é-1', ['true']],
    ['.["a key"]["é-1"]', ['true']],
    ['.none.deep', ['null']],
    ['.none[]', []],
    ['.', [JSON.stringify(JSON.parse(text))]],
    ['.data[].toString', ['null', 'null']],
  ])('%s', (path, found) => expect(select(text, path)).toEqual(found));

  it('of any command, and of any request', async () => {
    const shell = await signedIn();
    await shell.run(['pipelines', 'create', 'owner/picked', '--image', 'a']);
    const wanted = { code: 0, stdout: expect.stringMatching(/^owner\/picked$/m), stderr: '' };
    expect(await shell.run(['pipelines', 'list', '--select', '.data[].name'])).toEqual(wanted);
    expect(await shell.run(['api', 'GET', '/v4/pipelines', '--select', '.data[].name'])).toEqual(wanted);
    expect((await shell.run(['whoami', '--select', '.username.x'])).code).toBe(1);
  });
});

describe('api', () => {
  it.each([
    ['/api/pipelines', [], 'x-api-key', ''],
    ['/api/v1/users/current/', [], 'authorization', 'Api-Key '],
    ['/v4/users/me', [], 'authorization', 'Bearer '],
    ['/v4/users/me', ['--as', 'mage'], 'x-api-key', ''],
  ])('%s %j sends %s', async (path, more, header, prefix) => {
    const shell = await signedIn();
    const { token } = JSON.parse(readFileSync(fileOf(shell), 'utf8'));
    const { code } = await shell.run(['api', 'GET', path, ...more]);
    expect(server.requests.at(-1)?.headers[header]).toBe(prefix + token);
    expect(code).toBe(more.length > 0 ? 3 : 0);
  });
});

it('values to complete: what there is, a line each', async () => {
  const shell = await signedIn();
  await shell.run(['pipelines', 'create', 'owner/listed', '--image', 'a']);
  const { stdout } = await shell.run(['completion', '--values', 'pointers,pipelines']);
  expect(stdout).toMatch(/^owner\/listed:v1\tpipeline_\w+$/m);
  expect(stdout).toMatch(/^pipeline_\w+\towner\/listed$/m);
  expect((await shell.run(['completion', '--values', 'keys'])).stdout).toMatch(/^[\w-]{36}\twritten$/m);
  expect(await openShell({ LATCHKEY_URL: server.url }).run(['completion', '--values', 'keys'])).toMatchObject({
    code: 3,
    stdout: '',
  });
});
