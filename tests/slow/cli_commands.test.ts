import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { send } from '../../src/cli/request.ts';
import { anonymous } from '../../src/core/principal.ts';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { base, type Ended, type Listening, listen, openShell, program, type Shell } from '../support/cli.ts';
import { type Container, integer, json, openContainer, result, streaming } from '../support/container.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';
import { all } from '../support/operations.ts';
import { brisk, url as databaseUrl } from '../support/runs.ts';

// The program as users have it, against the whole server on a port.

let mystic: Mystic;
let server: Listening;
let container: Container;
let runner: Runner;
let worker: Worker;
let owner: Shell;
let viewer: Shell;

beforeAll(async () => {
  mystic = await openMystic({
    LATCHKEY_PRIVATE_CONTAINERS: 'true',
    LATCHKEY_MAX_UPLOAD_BYTES: '3000000',
    LATCHKEY_REQUESTS_PER_MINUTE: '0',
    LATCHKEY_REQUESTS_PER_HOUR: '0',
  });
  server = await listen(mystic.app);
  container = await openContainer();
  runner = startRuns(mystic.house, brisk);
  worker = await startWorker(mystic.house, databaseUrl(mystic), undefined, { run: async () => runner.look() });
  const shell = (token: string) => openShell({ PIPELINE_API_TOKEN: token, PIPELINE_API_URL: server.url });
  owner = shell(mystic.people.owner.key);
  viewer = shell(mystic.people.viewer.key);
});
afterAll(async () => {
  await worker.stop();
  await runner.stop(0);
  await container.close();
  await server.close();
  await mystic.close();
});

const run = (...args: string[]) => owner.run(args);

/** What a command prints on stdout; it must succeed and say nothing else. */
async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr, args }).toEqual({ code: 0, stderr: '', args });
  return stdout;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
const jsonOf = async (...args: string[]): Promise<any> => JSON.parse(await said(...args, '--json'));

/** Makes a pipeline whose container is there; gives its id. */
async function pipeline(name: string): Promise<string> {
  const { id } = await jsonOf('pipelines', 'create', name, '--image', 'a:1');
  await said('api', 'PUT', `/v4/pipelines/${id}/container`, '-d', JSON.stringify({ url: container.url }));
  return id;
}

/** Exactly one line on stderr, and no trace of our own insides. */
function expectRefused({ code, stderr }: Ended, wanted: number, sentence: string | RegExp) {
  expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
  if (typeof sentence === 'string') expect(stderr).toContain(sentence);
  else expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\bat .*\.js|node:internal/);
  expect(code).toBe(wanted);
}

describe('signing in', () => {
  it('cluster login, whoami', async () => {
    const shell = openShell();
    const { key } = mystic.people.editor;
    expect((await shell.run(['cluster', 'login', 'home', '-', '-u', server.url, '-a'], { input: key })).code).toBe(0);
    expect(JSON.parse((await shell.run(['whoami', '--json'])).stdout)).toMatchObject({
      username: 'editor_user',
      roles: ['developer'],
    });
    expect((await shell.run(['whoami'])).stdout).toMatch(/^username +editor_user$/m);
  });

  it('401: exit 3, with the server’s sentence and the id of the request', async () => {
    const ended = await openShell().run(['pipelines', 'list'], {
      env: { PIPELINE_API_TOKEN: 'nobodys', PIPELINE_API_URL: server.url },
    });
    expectRefused(ended, 3, /^latchkey: Not authenticated\. \(HTTP 401, request [\w-]{8,}\)$/m);
  });
});

describe('bounded keys', () => {
  it('keys create, show, edit, rotate, and verify', async () => {
    const bounds = [
      '--scopes',
      'runs:create,files:read',
      '--expires',
      '90d',
      '--addresses',
      '127.0.0.1,203.0.113.0/24',
    ];
    const made = await run(
      'keys',
      'create',
      'robot',
      ...bounds,
      '--limit',
      '10/second',
      '--limit',
      '1000/day',
      '--credits',
      '9',
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mgp_[\da-f]{40}\n$/) });
    const [, id = ''] = /Its id is (key_[\da-f]{32})\.\n$/.exec(made.stderr) ?? [];
    const shown = await jsonOf('keys', 'show', 'robot');
    expect(shown).toMatchObject({
      id,
      scopes: ['runs:create', 'files:read'],
      addresses: ['127.0.0.1', '203.0.113.0/24'],
      limits: [
        { requests: 10, per: 'second' },
        { requests: 1000, per: 'day' },
      ],
      credits: { remaining: 9 },
    });
    expect(Math.abs(Date.parse(shown.expires_at) - Date.now() - 90 * 86_400_000)).toBeLessThan(60_000);
    expect(await said('keys', 'show', id)).toMatch(/^scopes +runs:create, files:read$/m);

    const input = made.stdout;
    const good = await owner.run(
      ['verify', '-', '--scopes', 'runs:create', '--address', '203.0.113.9', '--cost', '4'],
      { input },
    );
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^code +valid$/m) });
    expectRefused(await owner.run(['verify', '-', '--json'], { input }), 1, 'The key is not good: address.');
    expect((await jsonOf('keys', 'show', 'robot')).credits.remaining).toBe(5);

    expect(await said('keys', 'edit', 'robot', '--credits', 'none', '--expires', 'never', '--limit', '5/minute')).toBe(
      'Changed key robot.\n',
    );
    const edited = { credits: null, expires_at: null, limits: [{ requests: 5, per: 'minute' }] };
    expect(await jsonOf('keys', 'show', 'robot')).toMatchObject(edited);
    const rotated = await run('keys', 'rotate', 'robot', '--grace', '12h');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mgp_/) });
    expect(rotated.stderr).toMatch(/The old one works until \d{4}-/);
    expect(await jsonOf('keys', 'show', 'robot')).toMatchObject({ rotation: { role: 'new', pair: id } });
    await said('keys', 'edit', 'robot', '--name', 'robot 2', '--disable');
    expect(await jsonOf('keys', 'show', 'robot 2')).toMatchObject({ state: 'disabled' });
    expect((await run('keys', 'rotate', 'robot 2', '--grace', '0s')).stderr).toContain('The old one works no more.');
    await said('keys', 'edit', 'robot 2', '--enable');
    await said('keys', 'revoke', 'robot 2');
    await said('keys', 'revoke', id);
  });

  it('what is no scope, no time, no limit and nothing at all', async () => {
    const create = (...more: string[]) => run('keys', 'create', 'no', ...more);
    expectRefused(await create('--scopes', 'moon:read'), 1, 'There is no scope');
    expectRefused(await create('--expires', 'soon'), 2, 'is no time');
    expectRefused(await create('--limit', '10/moon'), 2, 'is no limit');
    expectRefused(await create('--credits', 'many'), 2, 'is no whole number');
    expectRefused(await create('--credits', '1', '--webhook-url', 'https://x.test/'), 2, 'make one of the two');
    expectRefused(await run('keys', 'edit', 'no'), 2, 'Nothing to edit');
    expectRefused(await run('keys', 'show', `key_${'0'.repeat(32)}`), 4, 'HTTP 404');
  });

  it('members invite: the link, once, by a session alone', async () => {
    const invite = ['members', 'invite', 'ada@example.com', '--role', 'viewer'];
    expectRefused(await run(...invite), 1, 'This needs a session');
    const { accessToken } = await openSession(
      {
        house: mystic.house,
        db: mystic.house.db,
        principal: anonymous,
        asker: { address: '', requestId: 'cli', origin: server.url },
      },
      { user_id: mystic.people.owner.id, account_id: mystic.house.installation.accountId },
    );
    const session = openShell({ PIPELINE_API_TOKEN: accessToken, PIPELINE_API_URL: server.url });
    const { code, stdout } = await session.run(invite);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\S+\n$/)]);
    expectRefused(await run('members', 'invite', 'ada@example.com'), 2, '--role');
  });

  it('usage and audit', async () => {
    const { stdout: key } = await run('keys', 'create', 'counted');
    expect(key).toMatch(/^mgp_/);
    const { id } = await jsonOf('keys', 'show', 'counted');
    await openShell({ PIPELINE_API_TOKEN: key.trim(), PIPELINE_API_URL: server.url }).run(['keys', 'list']);
    await mystic.house.usage.flush();
    const { stdout, stderr } = await run('usage', '--by', 'operation', '--key', 'counted');
    expect(stdout).toMatch(/^OPERATION +REQUESTS +REFUSALS\n[\w.]+ +1 +0\n$/);
    expect(stderr).toBe('latchkey: 1 requests in all, 0 of them refused.\n');
    const narrow = [
      '--from',
      '2026-01-01',
      '--to',
      '2099-01-01',
      '--status',
      '2xx',
      '--operation',
      'none.such',
      '--network',
      '10.0.0.0/24',
    ];
    expect(await jsonOf('usage', ...narrow)).toMatchObject({ by: 'day', rows: [], requests: 0 });

    const log = await jsonOf(
      'audit',
      '--action',
      'key_minted',
      '--subject',
      id,
      '--since',
      '2026-01-01T00:00:00Z',
      '--until',
      '2099-01-01T00:00:00Z',
    );
    expect(log.results.map(({ subject }: { subject: string }) => subject)).toEqual([id]);
    const { stdout: table } = await run('audit', '--limit', '1', '--user', log.results[0].user.id);
    expect(table).toMatch(/^AT +WHAT +TO +BY +WITH +FROM\n/);
    expectRefused(await viewer.run(['audit']), 1, 'HTTP 403');
    await said('keys', 'revoke', 'counted');
  });
});

describe('keys', () => {
  it('create prints the key alone on stdout; it opens; list and revoke', async () => {
    const { stdout, stderr, code } = await run('keys', 'create', 'for ci');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^mgp_[0-9a-f]{40}\n$/)]);
    const id = /Its id is ([\w-]{36})\./.exec(stderr)?.[1] as string;
    const env = { PIPELINE_API_TOKEN: stdout.trim() };
    expect((await owner.run(['whoami'], { env })).code).toBe(0);
    expect(await said('keys', 'list')).toMatch(new RegExp(`^${id} +for ci +${stdout.slice(0, 8)} .* true$`, 'm'));
    expect(await said('keys', 'revoke', id)).toBe(`Revoked key ${id}.\n`);
    expect((await owner.run(['whoami'], { env })).code).toBe(3);
    expect((await jsonOf('keys', 'list')).keys[0]).toMatchObject({ id, is_active: false });
  });

  it('a webhook, and what the server refuses', async () => {
    const made = await jsonOf('keys', 'create', 'hooked', '--webhook-url', 'https://example.com/hook');
    expect(made.webhook_secret).toMatch(/^whsec_/);
    expectRefused(await run('keys', 'create', ''), 1, /^latchkey: (?!The server did not).* \(HTTP 400, request /);
    expectRefused(await run('keys', 'revoke', randomUUID()), 4, 'HTTP 404');
  });

  it('3: one is revoked by its name, where only one is called so', async () => {
    const ids: string[] = [];
    for (const name of ['twin', 'twin', 'only']) ids.push((await jsonOf('keys', 'create', name)).id);
    expect(await said('keys', 'revoke', 'only')).toBe('Revoked key only.\n');
    expectRefused(await run('keys', 'revoke', 'only'), 4, 'There is no active key "only": see keys list.');
    const [first, second] = ids as [string, string];
    const which = `2 keys are called "twin". Say which: ${second}, ${first}.`;
    expectRefused(await run('keys', 'revoke', 'twin'), 2, which);
    await said('keys', 'revoke', first);
    expect(await said('keys', 'revoke', 'twin')).toBe('Revoked key twin.\n');
    const { keys } = await jsonOf('keys', 'list');
    const active = keys.filter(
      ({ id, is_active }: { id: string; is_active: boolean }) => is_active && ids.includes(id),
    );
    expect(active).toEqual([]);
  });
});

describe('pipelines and pointers', () => {
  it('create, list, get, edit, delete', async () => {
    const made = await said('pipelines', 'create', 'stars', '--image', 'a:1', '--accelerators', 'nvidia_t4, nvidia_t4');
    const id = /^Created pipeline owner\/stars: (pipeline_[0-9a-f]{32})\n$/.exec(made)?.[1] as string;
    expect(await said('pipelines', 'list')).toMatch(
      new RegExp(`^ID +NAME +CREATED +ACCELERATORS\\n${id}  owner/stars  20.*Z  nvidia_t4, nvidia_t4$`, 'm'),
    );
    await said('pipelines', 'edit', id, '--description', '星', '--public', '--extras', '{"a": 1}');
    expect(await jsonOf('pipelines', 'get', id, '--extras', '--pointers')).toMatchObject({
      description: '星',
      public: true,
      extras: { a: 1 },
      pointers: ['owner/stars:v1'],
    });
    await said('pipelines', 'edit', id, '--private');
    expect(await said('pipelines', 'get', 'owner/stars:v1')).toMatch(/^public +false$/m);
    expect(await said('pipelines', 'delete', id)).toBe(`Deleted pipeline ${id}.\n`);
    expectRefused(await run('pipelines', 'get', id), 4, /^latchkey: Pipeline not found \(HTTP 404, request /);
    expect(await said('pipelines', 'list', '--json')).toBe('{"skip":0,"limit":20,"total":0,"data":[]}\n');
  });

  it('3: a pipeline is meant by its id, a pointer, or its name for the newest version', async () => {
    const ids = [];
    for (const image of ['a:1', 'a:2']) ids.push((await jsonOf('pipelines', 'create', 'moons', '--image', image)).id);
    const [first, second] = ids;
    for (const [named, id] of [
      ['owner/moons', second],
      ['owner/moons:v1', first],
      [first, first],
    ] as const) {
      expect([named, (await jsonOf('pipelines', 'get', named)).id]).toEqual([named, id]);
      const edited = await jsonOf('pipelines', 'edit', named, '--description', named);
      expect([named, edited.id, edited.description]).toEqual([named, id, named]);
    }
    expect(await said('pipelines', 'delete', 'owner/moons:v1')).toBe(`Deleted pipeline owner/moons:v1: ${first}.\n`);
    expect(await said('pipelines', 'delete', 'owner/moons')).toBe(`Deleted pipeline owner/moons: ${second}.\n`);
    expectRefused(await run('pipelines', 'delete', 'owner/moons'), 4, 'Pipeline not found');
    expectRefused(await run('runs', 'create', 'owner/moons'), 4, 'Pipeline not found');
    expectRefused(await run('pipelines', 'get', 'pipeline_1'), 4, 'Pipeline not found');
  });

  it('@file and @- are read', async () => {
    const file = join(owner.folder, '..', 'variables.json');
    writeFileSync(file, '[{"run_io_type": "string", "title": "prompt"}]');
    const readme = '# Ünicode\n\n```\nx\n```\n';
    const args = ['pipelines', 'create', 'files', '--image', 'a:1', '--inputs', `@${file}`, '--readme', '@-', '--json'];
    const { stdout } = await owner.run(args, { input: readme });
    const { id, input_variables } = JSON.parse(stdout);
    expect(input_variables).toEqual([{ run_io_type: 'string', title: 'prompt' }]);
    expect(JSON.parse(await said('api', 'GET', `/v4/pipelines/${id}/readme`)).readme).toBe(readme.trimEnd());
    expectRefused(
      await run('pipelines', 'create', 'x', '--image', 'a', '--inputs', '@/nowhere'),
      2,
      'cannot be read: ENOENT',
    );
    expectRefused(await run('pipelines', 'create', 'x', '--image', 'a', '--inputs', '{'), 2, 'is no JSON');
  });

  it('pages: what is not shown is said', async () => {
    await said('pipelines', 'create', 'pages', '--image', 'a:1');
    const { code, stdout, stderr } = await run('pipelines', 'list', '--limit', '1', '--skip', '1');
    expect([code, stdout.split('\n').length]).toEqual([0, 3]);
    expect(stderr).toMatch(/^latchkey: 1 of \d+ are shown: see --skip and --limit\.\n$/);
    expectRefused(await run('pipelines', 'list', '--limit', '1001'), 1, 'query.limit: ');
    for (const bad of ['x', '-1', '1.5', '']) expect((await run('pipelines', 'list', '--limit', bad)).code).toBe(2);
  });

  it('pointers: create, list, get, edit, delete', async () => {
    const id = await pipeline('led');
    expect(await said('pointers', 'create', 'owner/led:latest', id)).toBe(
      `Created pointer owner/led:latest -> ${id}\n`,
    );
    expectRefused(await run('pointers', 'create', 'owner/led:latest', id), 1, 'HTTP 409');
    expect((await jsonOf('pointers', 'get', 'owner/led:latest')).id).toBe(id);
    const second = await pipeline('led');
    await said('pointers', 'edit', 'owner/led:latest', '-s', 'owner/led:v2', '--locked');
    expect(await said('pointers', 'list', '--name', 'owner/led')).toMatch(
      new RegExp(`^POINTER +PIPELINE +LOCKED\\nowner/led:latest  ${second}  true\\n`),
    );
    expectRefused(await run('pointers', 'delete', 'owner/led:latest'), 1, 'locked');
    await said('pointers', 'edit', 'owner/led:latest', '--unlocked');
    expect(await said('pointers', 'delete', 'owner/led:latest', '--json')).toBe('');
    expectRefused(await run('pointers', 'get', 'owner/led:latest'), 4, 'HTTP 404');
    await said('pipelines', 'delete', second);
    const deleted = await jsonOf('pointers', 'list', '--show-deleted');
    expect(deleted.data.map((row: { pointer: string }) => row.pointer)).toContain('owner/led:v2');
  });

  it('nothing to edit, both locks, an empty id: exit 2, and nothing is sent', async () => {
    const before = server.requests.length;
    expectRefused(await run('pipelines', 'edit', 'pipeline_1'), 2, 'Nothing to edit');
    expectRefused(await run('pointers', 'edit', 'a/b:v1'), 2, 'Nothing to edit');
    expectRefused(await run('pointers', 'edit', 'a/b:v1', '--locked', '--unlocked'), 2, 'cannot be used with');
    for (const id of ['', '.', '..']) expectRefused(await run('pipelines', 'delete', id), 2, 'is no name or id');
    expect(server.requests.length).toBe(before);
  });

  it('A18: `.` and `..` as a part of a name: exit 2 in one line, and nothing is sent', async () => {
    const before = server.requests.length;
    expectRefused(await run('pipelines', 'delete', '../scaling-configs/owner/big1'), 2, 'is no name or id');
    expectRefused(await run('pointers', 'delete', 'owner/%2E%2e/x:v1'), 2, 'is no name or id');
    expectRefused(await run('api', 'DELETE', '/v4/pipelines/../x'), 2, 'is no name or id');
    expect(server.requests.length).toBe(before);
  });

  it.each([
    ['/v4/pipelines/..'],
    ['/v4/pipelines/../scaling-configs/owner/big1'],
    ['/v4/./pipelines'],
    ['/v4/pointers/owner/%2e%2E/x:v1'],
    ['/v4/pointers/owner/%252e%252E/x:v1?limit=1'],
    ['/v4/files/..%2fx'],
    ['/v4/files/x%5C..'],
    ['/v4/files/x%255c.'],
  ])('A18: whatever is asked for, %s is never sent', async (path) => {
    const before = server.requests.length;
    const credential = { url: server.url, token: mystic.people.owner.key } as never;
    await expect(send(credential, 'DELETE', path)).rejects.toMatchObject({
      message: expect.stringContaining('no name or id'),
    });
    expect(server.requests.length).toBe(before);
  });

  it('A18: what only looks like them is', async () => {
    expectRefused(await run('pipelines', 'get', 'owner/...'), 4, 'HTTP 404');
    expectRefused(await run('pointers', 'get', 'owner/a..b:v1'), 4, 'HTTP 404');
  });

  it('odd ids do not leave their place in the path', async () => {
    for (const id of ['a?b=c', 'a#b', 'ä b', '%2d', 'a%'])
      expectRefused(await run('pipelines', 'get', id), 4, 'HTTP 404');
    expect(server.requests.at(-5)?.url).toBe('/v4/pipelines/by-family/a%3Fb%3Dc?limit=1');
  });

  it('a weaker role is refused, exit 1', async () => {
    expectRefused(await viewer.run(['pipelines', 'create', 'x', '--image', 'a']), 1, 'HTTP 403');
  });
});

describe('files', () => {
  const path = (name: string) => join(owner.folder, '..', name);

  it('upload, list, get, download: the same bytes', async () => {
    const bytes = randomBytes(1_500_000);
    writeFileSync(path('ra"nd ö.bin'), bytes);
    const said1 = await said('files', 'upload', path('ra"nd ö.bin'));
    const id = /^Uploaded (file_[0-9a-f]{32}): pipeline_files\//.exec(said1)?.[1] as string;
    expect(await said('files', 'list')).toMatch(new RegExp(`^${id}  ra"nd ö\\.bin  1500000 `, 'm'));
    expect(await jsonOf('files', 'get', id)).toMatchObject({ id, size: 1_500_000, name: 'ra"nd ö.bin' });
    const out = path('out.bin');
    expect(await said('files', 'download', id, '-o', out)).toBe(`Wrote 1500000 bytes to ${out}\n`);
    expect(readFileSync(out).equals(bytes)).toBe(true);

    expectRefused(await run('files', 'download', id, '-o', out), 2, 'is there already: take another name, or --force');
    truncateSync(out);
    await said('files', 'download', id, '-o', out, '--force', '--json');
    expect(readFileSync(out).equals(bytes)).toBe(true);
    expect(readdirSync(path('')).filter((name) => name.startsWith('out.bin'))).toEqual(['out.bin']);
  });

  it('download to stdout', async () => {
    writeFileSync(path('text'), 'héllo\n');
    const { id } = await jsonOf('files', 'upload', path('text'));
    expect(await said('files', 'download', id, '-o', '-')).toBe('héllo\n');
  });

  it('an empty file is one', async () => {
    writeFileSync(path('empty'), '');
    expect(await jsonOf('files', 'upload', path('empty'))).toMatchObject({ size: 0, name: 'empty' });
  });

  it('what is no file, what is too large, what is not there', async () => {
    expectRefused(await run('files', 'upload', path('nope')), 2, 'cannot be read: ENOENT');
    expectRefused(await run('files', 'upload', owner.folder.replace(/\/[^/]*$/, '')), 2, 'is no file');
    writeFileSync(path('large'), Buffer.alloc(20_000_000));
    expectRefused(await run('files', 'upload', path('large')), 1, 'HTTP 413');
    expectRefused(await run('files', 'download', 'file_0', '-o', path('never')), 4, 'HTTP 404');
    expect(existsSync(path('never'))).toBe(false);
    writeFileSync(path('kept'), 'old');
    expectRefused(await run('files', 'download', 'file_0', '-o', path('kept'), '--force'), 4, 'HTTP 404');
    expect(readFileSync(path('kept'), 'utf8')).toBe('old');
    expectRefused(
      await run('files', 'download', 'file_0', '-o', path('no/such/folder')),
      2,
      'cannot be written: ENOENT',
    );
  });
});

describe('runs', () => {
  it('create prints what came out; get and list know it', async () => {
    const id = await pipeline('add');
    const printed = await said('runs', 'create', 'owner/add:v1', '--input', '5', '--input', '4');
    const runId = /^id +(run_[0-9a-f]{32})\nstate +completed\nOUTPUT +VALUE\ninteger +9\n$/.exec(
      printed,
    )?.[1] as string;
    expect(await jsonOf('runs', 'get', runId)).toMatchObject({ pipeline_id: id, state: 'completed' });
    expect(await said('runs', 'list', '--pipeline', id)).toMatch(new RegExp(`^${runId} +${id} +completed +20`, 'm'));
    expect((await jsonOf('runs', 'list', '--order-by', 'compute_time_ms:desc')).data).toHaveLength(1);
  });

  it('every kind of JSON is an input of its own type, with all of its digits', async () => {
    await pipeline('kinds');
    container.does((response) => json(response, 200, result([])));
    const values = ['"$& ä"', '12345678901234567890', '1.0', 'true', 'null', '{"a": 0.10}', '[1]'];
    await said('runs', 'create', 'owner/kinds:v1', ...values.flatMap((value) => ['--input', value]));
    container.does();
    const { body } = server.requests.at(-1) as { body: string };
    expect(body).toContain('{"type":"integer","value":12345678901234567890},{"type":"fp","value":1.0}');
    expect(JSON.parse(body).inputs[0].value).toBe('$& ä');
    expect(JSON.parse(body).inputs.map(({ type }: { type: string }) => type)).toEqual([
      'string',
      'integer',
      'fp',
      'boolean',
      'none',
      'dictionary',
      'array',
    ]);
    expectRefused(
      await run('runs', 'create', 'owner/kinds:v1', '--input', 'hello'),
      2,
      `Text is written with quotes: '"hello"'`,
    );
  });

  it('--file uploads, in its place among the inputs', async () => {
    await pipeline('seen');
    const file = join(owner.folder, '..', 'cat.jpg');
    writeFileSync(file, 'meow');
    container.does((response) => json(response, 200, result([])));
    await said('runs', 'create', 'owner/seen:v1', '--input', '1', '--file', file, '--input', '2');
    container.does();
    expect(JSON.parse(server.requests.at(-1)?.body as string).inputs).toMatchObject([
      { type: 'integer', value: 1 },
      { type: 'file', file_name: 'cat.jpg', file_path: expect.stringMatching(/^pipeline_files\//) },
      { type: 'integer', value: 2 },
    ]);
  });

  it('a run that failed: exit 1, and why; with --json the run as well', async () => {
    await pipeline('fails');
    const args = ['runs', 'create', 'owner/fails:v1', '--input', '-5', '--input', '4'];
    expectRefused(await run(...args), 1, "failed: ValueError('I can only sum positive integers') (pipeline_error)");
    const { code, stdout } = await run(...args, '--json');
    expect([code, JSON.parse(stdout).state]).toEqual([1, 'failed']);
  });

  it('nobody takes it: exit 1, and the run as JSON', async () => {
    await said('pipelines', 'create', 'idle', '--image', 'a:1');
    const { code, stdout, stderr } = await run('runs', 'create', 'owner/idle:v1', '--json');
    expect([code, JSON.parse(stdout).state]).toEqual([1, 'no_resources_available']);
    expect(stderr).toContain('found nobody to take it');
    const streamed = await run('runs', 'create', 'owner/idle:v1', '--stream', '--json');
    expect([streamed.code, JSON.parse(streamed.stdout).state]).toEqual([1, 'no_resources_available']);
  });

  it('--wait waits, --async does not', async () => {
    await pipeline('slow');
    container.does(async (response) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      json(response, 200, result([integer(7)]));
    });
    const queued = await jsonOf('runs', 'create', 'owner/slow:v1', '--async');
    expect(['queued', 'routing', 'running', 'created']).toContain(queued.state);
    const { code, stdout, stderr } = await run('runs', 'create', 'owner/slow:v1', '--wait', '--json');
    expect([code, JSON.parse(stdout).outputs]).toEqual([0, [integer(7)]]);
    expect(stderr).toMatch(/^(latchkey: run_[0-9a-f]{32} is \w+( behind \d+ others)? \(\d+\.\d s\)\n)+$/);
    expect(stderr.trim().split('\n').at(-1)).toContain(' is completed (');
    container.does();
    expectRefused(await run('runs', 'create', 'owner/slow:v1', '--wait', '--async'), 2, 'exclude each other');
  });

  it('--stream prints as it comes', async () => {
    await pipeline('told');
    const piece = (value: unknown) => result([{ type: 'string', value, file: null }]);
    container.does(streaming([piece('héllo'), '\n\n', piece('world')], 300));
    const child = spawn(process.execPath, [program, 'runs', 'create', 'owner/told:v1', '--stream'], {
      env: { ...base(owner.folder), PIPELINE_API_TOKEN: mystic.people.owner.key, PIPELINE_API_URL: server.url },
    });
    const lines: [number, string][] = [];
    child.stdout.setEncoding('utf8').on('data', (text) => lines.push([performance.now(), text]));
    expect((await once(child, 'close'))[0]).toBe(0);
    container.does();
    expect(lines.map(([, text]) => text).join('')).toBe('["héllo"]\n["world"]\n');
    expect((lines.at(-1)?.[0] ?? 0) - (lines[0]?.[0] ?? 0)).toBeGreaterThan(200);
  });

  it('--stream that ends badly: exit 1', async () => {
    await pipeline('breaks');
    const error = { type: 'pipeline_error', message: "Exception('dummy error')", traceback: null };
    container.does(streaming([result([integer(1)]), result(null, error)]));
    const { code, stdout, stderr } = await run('runs', 'create', 'owner/breaks:v1', '--stream', '--json');
    container.does();
    expect([code, stdout.trim().split('\n').length]).toEqual([1, 2]);
    expect(stderr).toContain("Exception('dummy error')");
    const unknown = await run('runs', 'create', 'owner/none:v1', '--stream');
    expectRefused(unknown, 4, 'HTTP 404');
  });

  it('Ctrl-C ends it with 130 at once', async () => {
    await pipeline('endless');
    container.does(() => undefined);
    const child = spawn(process.execPath, [program, 'runs', 'create', 'owner/endless:v1', '--wait'], {
      env: { ...base(owner.folder), PIPELINE_API_TOKEN: mystic.people.owner.key, PIPELINE_API_URL: server.url },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    await vi.waitFor(() => expect(stderr).toMatch(/run_\w+ is /), 10_000);
    child.kill('SIGINT');
    expect((await once(child, 'close'))[0]).toBe(130);
    expect(stderr).toMatch(/^(latchkey: run_\w+ is .*\n)+$/);
    container.does();
  });
});

describe('api', () => {
  it('prints the body on stdout, and with -v and -i the status on stderr', async () => {
    const me = await said('api', 'get', '/v4/users/me');
    expect(me).toBe(await said('whoami', '--json'));
    expect((await run('api', 'GET', '/v4/users/me', '-v')).stderr).toBe('HTTP 200 OK\n');
    const { stderr, stdout } = await run('api', 'GET', '/v4/users/me', '-i', '-H', 'X-Test: 1');
    expect(stderr).toMatch(/^HTTP 200 OK\n(.+: .*\n)+$/);
    expect(stderr).toMatch(/^x-correlation-id: /m);
    expect(stdout).toBe(me);
    expect(server.requests.at(-1)?.headers['x-test']).toBe('1');
  });

  it('sends a body, from the line, a file or stdin', async () => {
    const sent = JSON.stringify({ name: 'owner/cfg', args: {}, type: 'windows' });
    const file = join(owner.folder, '..', 'body.json');
    writeFileSync(file, sent);
    await said('api', 'POST', '/v4/scaling-configs', '-d', sent);
    expectRefused(await run('api', 'POST', '/v4/scaling-configs', '-d', `@${file}`), 1, 'HTTP 409');
    const again = await owner.run(['api', 'POST', '/v4/scaling-configs', '-d', '@-'], { input: sent });
    expect([again.code, JSON.parse(again.stdout)]).toEqual([1, { detail: expect.anything() }]);
    expect(server.requests.slice(-3).map(({ body }) => body)).toEqual([sent, sent, sent]);
    expect(await said('api', 'DELETE', '/v4/scaling-configs/owner/cfg')).toBe('');
  });

  it('keeps bytes as they are', async () => {
    const bytes = randomBytes(100_000);
    const file = join(owner.folder, '..', 'raw');
    writeFileSync(file, bytes);
    const { id } = await jsonOf('files', 'upload', file);
    const child = spawn(process.execPath, [program, 'api', 'GET', `/v3/pipeline_files/download/${id}`], {
      env: { ...base(owner.folder), PIPELINE_API_TOKEN: mystic.people.owner.key, PIPELINE_API_URL: server.url },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    await once(child, 'close');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('sends forms with files, and bytes of any type', async () => {
    const bytes = randomBytes(1000);
    const file = join(owner.folder, '..', 'form.bin');
    writeFileSync(file, bytes);
    const sent = JSON.parse(
      await said('api', 'POST', '/v3/pipeline_files', '-F', `pfile=@${file}`, '-F', 'name=a=b.bin'),
    );
    expect(sent).toMatchObject({ name: 'a=b.bin', size: 1000 });
    await run('api', 'POST', '/v4/scaling-configs', '-H', 'Content-Type: application/octet-stream', '-d', `@${file}`);
    expect(server.requests.at(-1)?.headers['content-type']).toBe('application/octet-stream');
    const wrong = [
      [['-F', 'nothing'], 'is no field'],
      [['-F', 'pfile=@/no/such/file'], 'cannot be read: ENOENT'],
      [['-F', 'a"b=c'], 'no quotes'],
      [['-F', 'a=b', '-d', '{}'], 'one body'],
    ] as const;
    for (const [flags, sentence] of wrong) expectRefused(await run('api', 'POST', '/v4/files', ...flags), 2, sentence);
  });

  it('the exit code is that of the status', async () => {
    const { code, stdout } = await run('api', 'GET', '/v4/nothing');
    expect([code, JSON.parse(stdout).detail.message]).toEqual([4, expect.any(String)]);
  });

  it('the token goes to its own server alone', async () => {
    for (const path of ['http://example.com/', 'v4/users/me', '']) {
      expectRefused(await run('api', 'GET', path), 2, 'The path begins with a slash');
    }
    expectRefused(await run('api', 'G ET', '/'), 2, 'is no method');
    expectRefused(await run('api', 'GET', '/', '-H', 'a\nb: c'), 2, 'is no header');
    expectRefused(await run('api', 'POST', '/', '-d', 'text'), 2, 'is no JSON');
    expect((await run('api', 'GET', '/v4/users/me#x')).code).toBe(0);
  });
});

describe('all that was sent', () => {
  it('is in the contract: paths, methods, query and body', () => {
    const called = new Set<string>();
    for (const { method, url, headers, body } of server.requests) {
      const { pathname, searchParams } = new URL(url, server.url);
      const at = all.find((operation) => operation.matches(method, pathname));
      if (pathname === '/v4/nothing') continue;
      expect(at, `${method} ${url}`).toBeDefined();
      if (!at) continue;
      called.add(at.id);
      for (const name of searchParams.keys()) expect(at.places.query, url).toContain(name);
      // A request that is refused before is not read.
      if (body === '' || !headers['content-type']?.startsWith('application/json')) continue;
      for (const name of Object.keys(JSON.parse(body))) expect(at.places.body, `${url} ${body}`).toContain(name);
    }
    expect(called.size).toBeGreaterThan(20);
  });
});
