import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { type Listening, listen, openShell, type Shell } from '../support/cli.ts';
import { type Body, type Caller, type Mage, openMage } from '../support/mage.ts';

// `latchkey mage import`, of a project that mage-ai 0.9.79 wrote.

const example = fileURLToPath(new URL('../conformance/mage_project', import.meta.url));
let mage: Mage;
let server: Listening;
let folder: string;
beforeAll(async () => {
  mage = await openMage();
  server = await listen(mage.app);
  folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'));
});
afterAll(async () => {
  await server.close();
  await mage.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await mage.house.db('pipelines').delete();
  await mage.house.db('secrets').delete();
});

async function shellOf(caller: Exclude<Caller, 'anonymous'>): Promise<Shell> {
  const key = makeKey();
  const { house, users } = mage;
  await house.db('api_keys').insert({
    ...{ hash: digest(key), prefix: key.slice(0, 8), name: caller, checksummed: true },
    ...{ account_id: house.installation.accountId, user_id: users[caller].id },
  });
  return openShell({ LATCHKEY_API_KEY: key, LATCHKEY_URL: server.url });
}

let projects = 0;
/** A project of these files, with what every project has. */
function project(files: Record<string, string>): string {
  projects += 1;
  const root = join(folder, String(projects));
  for (const [path, text] of Object.entries({ 'metadata.yaml': 'project_type: standalone\n', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
/** What a run of it says on stdout, one line each. */
async function imported(shell: Shell, path: string, ...more: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await shell.run(['mage', 'import', path, ...more]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
}
const writes = () => server.requests.filter(({ method }) => method !== 'GET').length;
const pipelines = async (): Promise<string[]> =>
  (await mage.call('owner', 'GET', '/pipelines')).pipelines.map(({ uuid }: Body) => uuid);

describe('a project of mage-ai 0.9.79', () => {
  it('is brought: pipelines, blocks, variables and triggers; what cannot be is listed with why', async () => {
    const said = await imported(await shellOf('owner'), example);
    expect(said).toContain('Created pipeline fruit_shop');
    expect(said).toContain('Created block größe_ünïcode_123/mess/daten_größe');
    expect(said.slice(said.indexOf('Not brought, or not as it was:') + 1)).toEqual([
      '  pipelines/fruit_shop: the trigger "on an event": nothing fires triggers by events here',
      '  pipelines/fruit_shop: the trigger "every night", its token: a new one is made, as its address is new',
      '  pipelines/fruit_shop: the trigger "by api", its token: a new one is made, as its address is new',
      '  pipelines/lakes_and_rivers: pipelines of the type streaming are not run here',
      '  pipelines/statistics: its block in_r is in r, which is not run here',
      expect.stringMatching(/^ {2}io_config\.yaml: it holds passwords/),
      expect.stringMatching(/^ {2}requirements\.txt: /),
      '  the secret "warehouse password": its value is not in the folder: POST /api/secrets',
    ]);
    const { pipeline } = await mage.call('owner', 'GET', '/pipelines/fruit_shop');
    expect(pipeline).toMatchObject({
      ...{ name: 'fruit shop', description: 'Sums up what was sold', tags: ['shop', 'nightly'] },
      variables: { factor: 2, bounds: { a: [1, 2] }, who: 'Ada' },
    });
    const order = ['load_sales', 'load_limits', 'frame_of_sales', 'sum_up', 'tell', 'nothing_before'];
    expect(pipeline.blocks.map(({ uuid }: Body) => uuid)).toEqual(order);
    expect(pipeline.blocks[0]).toMatchObject({
      ...{ configuration: { region: 'north' }, retry_config: { retries: 1, delay: 1 }, timeout: 600 },
      content: expect.stringContaining("'fruit': 'Äpfel'"),
    });
    expect(pipeline.blocks[2].upstream_blocks).toEqual(['load_sales', 'load_limits']);
    expect(pipeline.blocks[4].callback_blocks).toEqual(['say_how_it_went']);
    expect(pipeline.blocks[5].conditional_blocks).toEqual(['is_weekday']);
    const { pipeline_schedules } = await mage.call('owner', 'GET', '/pipelines/fruit_shop/pipeline_schedules');
    expect(pipeline_schedules).toHaveLength(2);
    expect(pipeline_schedules.find(({ name }: Body) => name === 'every night')).toMatchObject({
      ...{ schedule_type: 'time', schedule_interval: '@daily', status: 'inactive', sla: 3600 },
      ...{ settings: { skip_if_previous_running: true }, start_time: '2026-01-01 00:00:00+00:00' },
    });
    expect(pipeline_schedules.find(({ name }: Body) => name === 'by api')).toMatchObject({
      ...{ schedule_type: 'api', status: 'active', variables: { who: 'Grace' } },
    });
    expect(pipeline_schedules.map(({ token }: Body) => token)).not.toContain('e0c161bdb8574825b68f023202100d9b');
  });

  it('a second time changes nothing; what has changed is brought, and said', async () => {
    const shell = await shellOf('editor');
    const copy = join(folder, 'copy');
    cpSync(example, copy, { recursive: true });
    await imported(shell, copy);
    const before = writes();
    expect((await imported(shell, copy))[0]).toBe('0 created, 0 updated, 16 unchanged.');
    expect(writes()).toBe(before);

    writeFileSync(join(copy, 'custom/nothing_before.py'), '@custom\ndef f(*args):\n    return 2\n');
    const triggers = join(copy, 'pipelines/fruit_shop/triggers.yaml');
    writeFileSync(triggers, 'triggers:\n- name: by api\n  schedule_type: api\n  status: inactive\n');
    const said = await imported(shell, copy);
    expect(said.slice(0, 3)).toEqual([
      'Updated block fruit_shop/nothing_before: content',
      'Updated trigger fruit_shop/by api: status',
      '0 created, 2 updated, 13 unchanged.',
    ]);
    const { block } = await mage.call('owner', 'GET', '/pipelines/fruit_shop/blocks/nothing_before');
    expect(block.content).toContain('return 2');
  });

  it('--dry-run says what would be done, and does none of it; --inactive switches triggers off; --json tells programs', async () => {
    const shell = await shellOf('owner');
    const before = writes();
    const said = await imported(shell, example, '--dry-run');
    expect(said).toContain('Would have created block fruit_shop/tell');
    expect(said).toContain('16 created, 0 updated, 0 unchanged, if it were done.');
    expect([writes(), await pipelines()]).toEqual([before, []]);
    const [line = ''] = await imported(shell, example, '--inactive', '--json');
    expect(JSON.parse(line)).toMatchObject({
      created: expect.arrayContaining(['trigger fruit_shop/by api']),
      updated: [],
    });
    const { pipeline_schedules } = await mage.call('owner', 'GET', '/pipeline_schedules');
    expect(pipeline_schedules.map(({ status }: Body) => status)).toEqual(['inactive', 'inactive']);
  });

  it('who may not write is told so, once for each pipeline; who is nobody, at once', async () => {
    const { code, stdout, stderr } = await (await shellOf('viewer')).run(['mage', 'import', example]);
    expect([code, stderr]).toEqual([1, 'latchkey: The server refused something of 2 of 2 pipelines.\n']);
    expect(stdout).toMatch(/pipelines\/fruit_shop, from here on: Unauthorized operation create on pipelines/);
    const nobody = openShell({ LATCHKEY_API_KEY: makeKey(), LATCHKEY_URL: server.url });
    expect(await nobody.run(['mage', 'import', example])).toMatchObject({ code: 3, stdout: '' });
    expect(await pipelines()).toEqual([]);
  });
});

describe('a folder that is wrong is told by file and line, before anything is sent', () => {
  const pipeline = (text: string) => ({ 'pipelines/p/metadata.yaml': text });
  const cycle =
    'blocks:\n- {uuid: a, type: custom, upstream_blocks: [b]}\n- {uuid: b, type: custom, upstream_blocks: [a]}\n';
  const custom = { 'custom/a.py': '', 'custom/b.py': '' };

  it.each<[name: string, files: Record<string, string>, sentence: string | RegExp]>([
    ['broken YAML', pipeline('name: p\nblocks: [\n'), /^latchkey: pipelines\/p\/metadata\.yaml:3: /],
    ['a tab', pipeline('name: p\nblocks:\n\t- uuid: a\n'), /^latchkey: pipelines\/p\/metadata\.yaml:3: /],
    ['an object of Python', pipeline('name: p\nvariables:\n  a: !!python/object:os.x {}\n'), /metadata\.yaml:3: .*tag/],
    ['a list', pipeline('- 1\n'), 'pipelines/p/metadata.yaml:1: A pipeline is a dictionary.'],
    ['blocks that are none', pipeline('name: p\n\nblocks: 5\n'), 'pipelines/p/metadata.yaml:3: blocks is no list.'],
    ['a block without a type', pipeline('blocks:\n- uuid: a\n  name: a\n'), 'metadata.yaml:2: A block needs a type.'],
    [
      'a block that is there twice',
      { ...custom, ...pipeline('blocks:\n- {uuid: a, type: custom}\n- {uuid: a, type: custom}\n') },
      'metadata.yaml:3: There is another block a.',
    ],
    ['a circle', { ...custom, ...pipeline(cycle) }, 'metadata.yaml:2: These blocks lead back to themselves: a, b.'],
    [
      'too large a number',
      pipeline('variables:\n  n: 12345678901234567890\n'),
      /metadata\.yaml:2: .* Write it as text\./,
    ],
    [
      'what stands for too much of itself',
      pipeline(
        `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((to, at) => `${to}: &${to} [${`*${'abcdefg'[at]}, `.repeat(8)}*${'abcdefg'[at]}]\n`).join('')}`,
      ),
      /metadata\.yaml:1: It cannot be read: /,
    ],
    [
      'a trigger without a name',
      { ...pipeline('name: p\n'), 'pipelines/p/triggers.yaml': 'triggers:\n- status: active\n' },
      'pipelines/p/triggers.yaml:2: A trigger needs a name.',
    ],
    [
      'a block outside of the project',
      pipeline('blocks:\n- {uuid: ../../x, type: custom}\n'),
      'custom/../../x.py leads out of the project: it is not read.',
    ],
    [
      'a file outside of the project',
      pipeline('blocks:\n- {uuid: a, type: custom, configuration: {file_source: {path: /etc/passwd}}}\n'),
      '/etc/passwd leads out of the project: it is not read.',
    ],
  ])('%s', async (_name, files, sentence) => {
    const { code, stdout, stderr } = await (await shellOf('owner')).run(['mage', 'import', project(files)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
    if (typeof sentence === 'string') expect(stderr).toContain(sentence);
    else expect(stderr).toMatch(sentence);
    expect(await pipelines()).toEqual([]);
  });

  it.each<[name: string, at: string, to: string]>([
    ['a block that is a link to elsewhere', 'custom/a.py', '/etc/hostname'],
    ['a folder of blocks that is one', 'custom', '/etc'],
    ['a pipeline that is one', 'pipelines/q', '/etc'],
  ])('%s', async (_name, at, to) => {
    const root = project(pipeline('blocks:\n- {uuid: a, type: custom}\n'));
    mkdirSync(dirname(join(root, at)), { recursive: true });
    symlinkSync(to, join(root, at));
    const { code, stderr } = await (await shellOf('owner')).run(['mage', 'import', root]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('leads out of the project: it is not read.')]);
  });

  it('no project, no folder, no text', async () => {
    const shell = await shellOf('owner');
    const said = async (path: string) => (await shell.run(['mage', 'import', path])).stderr;
    expect(await said(join(folder, 'nowhere'))).toContain('is no folder.');
    expect(await said(join(example, 'custom'))).toContain('is no project of Mage');
    const root = project({ ...pipeline('blocks:\n- {uuid: a, type: custom}\n'), 'custom/a.py': '' });
    writeFileSync(join(root, 'custom/a.py'), Buffer.from([0xff, 0xfe, 0x00]));
    expect(await said(root)).toContain('custom/a.py is no text in UTF-8');
    expect(readdirSync(root)).toContain('custom');
  });
});

it('what a pipeline cannot have here leaves it out whole', async () => {
  const block = (uuid: string, type: string, more = '') => `blocks:\n- {uuid: ${uuid}, type: ${type}${more}}\n`;
  const root = project({
    'pipelines/a/metadata.yaml': block('m', 'dbt'),
    'pipelines/b/metadata.yaml': block('m', 'data_loader', ', language: yaml'),
    'pipelines/c/metadata.yaml': block('m', 'custom', ', configuration: {dynamic: true}'),
    'pipelines/d/metadata.yaml': block('gone', 'custom'),
    'pipelines/e/metadata.yaml': 'name: e\nvariables: {a: null, b: 2026-01-31, c: 0}\n',
    'pipelines/f/other.yaml': '',
    'dbt/shop/dbt_project.yml': 'name: shop\n',
    'utils/sums.py': 'x = 1\n',
    '.git/HEAD': 'ref: x\n',
  });
  const said = await imported(await shellOf('owner'), root);
  expect(said).toEqual([
    'Created pipeline e',
    'Created variable e/b',
    'Created variable e/c',
    '3 created, 0 updated, 0 unchanged.',
    'Not brought, or not as it was:',
    '  pipelines/a: its block m is of the type dbt, which is not run here',
    '  pipelines/b: its block m is in yaml, which is not run here',
    '  pipelines/c: its block m is dynamic, and makes blocks as it runs, which is not done here',
    '  pipelines/d: the file of its block gone, custom/gone.py, is not there (pipelines/d/metadata.yaml:2)',
    '  pipelines/e: the variable a: it has no value',
    '  pipelines/f: it has no metadata.yaml',
    '  .git: git is not served: keep the repository where it is',
    '  dbt: dbt is not run here',
    '  utils: code that blocks import: put it beside the runner',
  ]);
});

it('long names are brought, or refused with the server’s sentence; the others are brought all the same', async () => {
  const long = 'ß'.repeat(60);
  const root = project({
    [`pipelines/${'x'.repeat(250)}/metadata.yaml`]: `name: ${'x'.repeat(250)}\ntags: ["${'t'.repeat(71)}"]\n`,
    [`pipelines/${long}/metadata.yaml`]: `name: ${long}\nblocks:\n- {uuid: ${long}, name: ${long}, type: custom}\n`,
    [`custom/${long}.py`]: '',
  });
  const { code, stdout } = await (await shellOf('owner')).run(['mage', 'import', root]);
  expect([code, await pipelines()]).toEqual([1, [long]]);
  expect(stdout).toMatch(/pipelines\/x+, from here on: .*tags/);
});
