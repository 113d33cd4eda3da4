import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Body, type Caller, E, type Mage, openMage, openNeighbour, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
  for (const name of ['etl', 'blk']) await mage.call('editor', 'POST', '/pipelines', { pipeline: { name } });
});

const send = (method: string, path: string, block?: object, by: Caller = 'editor', pipeline = 'blk'): Promise<Body> =>
  mage.call(by, method, `/pipelines/${pipeline}/blocks${path}`, block && { block });
const add = async (name: string, more: object = {}, pipeline = 'blk'): Promise<Body> => {
  const { block } = await send('POST', '', { name, type: 'custom', ...more }, 'editor', pipeline);
  expect(block).toMatchObject({ name });
  return block;
};
const get = async (uuid: string, pipeline = 'blk'): Promise<Body> =>
  (await send('GET', `/${uuid}`, undefined, 'viewer', pipeline)).block;
const list = async (query = '', pipeline = 'blk'): Promise<Body> => send('GET', query, undefined, 'viewer', pipeline);
const uuids = async (query = ''): Promise<string[]> => (await list(query)).blocks.map(({ uuid }: Body) => uuid);
const exception = async (answer: Promise<Body>): Promise<string> => {
  const { error } = await answer;
  expect(error).toMatchObject({ code: 500, errors: [], message: error?.exception });
  return error.exception;
};

/** A new block, whole. */
const fresh = {
  all_upstream_blocks_executed: true,
  color: null,
  configuration: {},
  downstream_blocks: [],
  executor_config: null,
  executor_type: 'local_python',
  has_callback: false,
  name: 'load it',
  language: 'python',
  retry_config: null,
  status: 'not_executed',
  timeout: null,
  type: 'data_loader',
  upstream_blocks: [],
  uuid: 'load_it',
};

describe('create', () => {
  it('#157 a loader without content: whole, not executed, with a template', async () => {
    const answer = await send('POST', '', { name: 'load it', type: 'data_loader', language: 'python' });
    const content = expect.stringMatching(
      /@data_loader\ndef load_data\(\*args, \*\*kwargs\):[\s\S]*return \{\}[\s\S]*@test\n/,
    );
    expect(answer).toStrictEqual({ block: { ...fresh, content }, metadata: null });
    expect(answer.block.content).toContain("if 'data_loader' not in globals():");
  });

  it('#158 with content and upstream blocks: updated', async () => {
    await add('load it', { type: 'data_loader' });
    const block = await add('trans', { type: 'transformer', content: 'x = 1\n', upstream_blocks: ['load_it'] });
    expect(block).toMatchObject({
      ...{ content: 'x = 1\n', upstream_blocks: ['load_it'], status: 'updated', all_upstream_blocks_executed: false },
    });
    expect((await get('load_it')).downstream_blocks).toEqual(['trans']);
  });

  it('#159 the same name and type again', async () => {
    await add('dup');
    const taken = `[ERR_BLOCK_EXISTS] Block dup already exists.${' '.repeat(41)}Please use a different name.`;
    expect(await exception(send('POST', '', { name: 'Dup', type: 'custom' }))).toBe(taken);
  });

  it('#160 the same name with another type, and elsewhere when it has to be the only one', async () => {
    await add('dup');
    const other = 'Block with uuid dup already exists in pipeline blk';
    expect(await exception(send('POST', '', { name: 'dup', type: 'sensor' }))).toBe(other);
    const unique = { name: 'dup', type: 'custom', require_unique_name: true };
    expect(await exception(send('POST', '', unique, 'editor', 'etl'))).toMatch(/^\[ERR_BLOCK_EXISTS\] Block dup /);
    // Each pipeline has its own: nothing is shared by name.
    const mine = await add('dup', { content: 'mine' }, 'etl');
    expect([mine.content, (await get('dup')).content]).not.toContain('shared');
    expect((await get('dup')).content).not.toBe('mine');
  });

  it('#161 upstream blocks that are not there are left aside', async () => {
    await add('a');
    expect((await add('b', { upstream_blocks: ['nosuch', 'a', 'a'] })).upstream_blocks).toEqual(['a']);
  });

  it('#162 without a name', async () => {
    for (const block of [{}, { name: null }, { name: '' }, undefined])
      expect(await exception(send('POST', '', block && { type: 'custom', ...block }))).toBe(
        "'NoneType' object has no attribute 'replace'",
      );
    expect((await send('POST', '', { uuid: 'By Uuid', type: 'custom' })).block.uuid).toBe('by_uuid');
  });

  it('#163 a language that is none', async () => {
    expect(await exception(send('POST', '', { name: 'c', type: 'custom', language: 'cobol' }))).toBe("'cobol'");
  });

  it.each(['dynamic_child', 'nosuch', '', 'constructor', undefined, null])(
    '#164 a type that is none: %j',
    async (type) => {
      expect(await exception(send('POST', '', { name: 'c', type }))).toBe("'NoneType' object is not callable");
      expect(await uuids()).toEqual([]);
    },
  );

  it('#165 a copy of a block, and of one that is not there', async () => {
    const sentence = 'Replicated block nosuch does not exist in pipeline blk.';
    expect(await send('POST', '', { name: 'r', replicated_block: 'nosuch' })).toEqual(
      E(400, 'record_invalid', sentence),
    );
    await add('o', { type: 'data_loader', language: 'sql', content: 'select 1', configuration: { limit: 7 } });
    expect(await add('r', { replicated_block: 'o' })).toMatchObject({
      ...{ type: 'data_loader', language: 'sql', content: 'select 1', configuration: { limit: 7 } },
      replicated_block: 'o',
    });
  });

  it.each([
    ['x y/z-1 É', 'x_y/z_1_é'],
    ['1abc', 'letter_1abc'],
    ['"$Load"', 'load'],
  ])('the uuid of %j is %j', async (name, uuid) => {
    expect((await add(name)).uuid).toBe(uuid);
    expect((await get(encodeURIComponent(uuid))).uuid).toBe(uuid);
  });

  it('priority is its place; downstream_blocks are set on the other side', async () => {
    for (const name of ['a', 'b']) await add(name);
    expect((await add('c', { priority: 0, downstream_blocks: ['b', 'nosuch'] })).downstream_blocks).toEqual(['b']);
    expect(await uuids()).toEqual(['c', 'a', 'b']);
    expect((await get('b')).upstream_blocks).toEqual(['c']);
    await add('d', { priority: 2_000_000_000 });
    expect(await uuids()).toEqual(['c', 'a', 'b', 'd']);
  });

  it('callbacks, conditionals and extensions land in lists of their own', async () => {
    await add('e');
    await add('kcb', { type: 'callback', upstream_blocks: ['e'] });
    await add('kcond', { type: 'conditional', upstream_blocks: ['e'] });
    await add('ext', { type: 'extension' });
    await add('great', { type: 'extension', extension_uuid: 'great_expectations' });
    const { pipeline } = await mage.call('viewer', 'GET', '/pipelines/blk');
    const names = (blocks: Body) => blocks.map(({ uuid }: Body) => uuid);
    expect([pipeline.blocks, pipeline.callbacks, pipeline.conditionals].map(names)).toEqual([
      ['e'],
      ['kcb'],
      ['kcond'],
    ]);
    expect(names(pipeline.extensions.null.blocks)).toEqual(['ext']);
    expect(names(pipeline.extensions.great_expectations.blocks)).toEqual(['great']);
    expect(pipeline.blocks[0]).toMatchObject({
      ...{ callback_blocks: ['kcb'], conditional_blocks: ['kcond'], downstream_blocks: [], metadata: {}, tags: [] },
      ...{ outputs: [], content: expect.any(String), status: 'not_executed', has_callback: false },
    });
    expect(await uuids()).toEqual(['e']);
    expect(await send('GET', '/kcb')).toEqual(E(400, 'record_invalid', 'Block kcb does not exist in pipeline blk.'));
    expect((await send('GET', '/kcb?block_type=callback')).block.uuid).toBe('kcb');
    expect((await send('PUT', '/kcb', { upstream_blocks: [] })).block.upstream_blocks).toEqual([]);
    expect((await send('DELETE', '/kcond?block_type=conditional')).block.uuid).toBe('kcond');
  });

  it.each(['scratchpad', 'markdown', 'chart', 'group', 'global_data_product'])('%s begins empty', async (type) => {
    expect((await add('x', { type })).content).toBe('');
    expect((await add('y', { type: 'data_loader', language: 'sql' })).content).toBe('');
  });

  it('who may: an editor; and of attributes those that are known', async () => {
    expect(await send('POST', '', { name: 'a' }, 'viewer')).toEqual(
      refused('Unauthorized operation create on blocks, failed condition.'),
    );
    expect(await send('POST', '', { name: 'a', foo: 1 })).toEqual(
      refused('write of foo on create is disabled for blocks.'),
    );
    expect((await send('POST', '', { name: 'a', type: 'custom', foo: 1 }, 'owner')).block.uuid).toBe('a');
  });
});

describe('read', () => {
  it('#166 the list: 15 keys each, downstream blocks filled, how many', async () => {
    await add('a');
    await add('b', { upstream_blocks: ['a'] });
    await add('c', { upstream_blocks: ['a', 'b'] });
    const { blocks, metadata } = await list();
    expect(metadata).toEqual({ count: 3, next: false });
    expect(blocks.map((block: Body) => [block.uuid, block.downstream_blocks, Object.keys(block).sort()])).toEqual([
      ['a', ['b', 'c'], Object.keys(fresh).sort()],
      ['b', ['c'], Object.keys(fresh).sort()],
      ['c', [], Object.keys(fresh).sort()],
    ]);
    expect([await uuids('?_limit=2'), await uuids('?_offset=2'), await uuids('?block_uuid[]=a,c')]).toEqual([
      ...[['a', 'b'], ['c'], ['a', 'c']],
    ]);
    expect((await list('?block_uuid[]=a,c&_limit=1')).metadata).toEqual({ count: 2, next: true });
    expect((await list('?_limit=0')).metadata).toEqual({ count: 3, next: false });
  });

  it('#167 one that is not there, with the status that was asked for', async () => {
    const answer = await mage.send('viewer', 'GET', '/pipelines/blk/blocks/nosuch', { query: '?_http_error_codes=1' });
    const error = { code: 400, message: 'Block nosuch does not exist in pipeline blk.', type: 'record_invalid' };
    expect([answer.status, answer.body]).toEqual([400, { error, status: 400 }]);
    expect(await exception(list('', 'nosuch'))).toBe('Pipeline nosuch does not exist.');
  });

  it('#168 detail has content and outputs; the pipeline shows blocks, its list without status', async () => {
    await add('a', { content: 'one' });
    expect(await get('a')).toStrictEqual({
      ...{ ...fresh, name: 'a', uuid: 'a', type: 'custom', status: 'updated', content: 'one', outputs: [] },
    });
    const { pipelines } = await mage.call('viewer', 'GET', '/pipelines');
    const [block] = pipelines.find(({ uuid }: Body) => uuid === 'blk').blocks;
    expect(block).toStrictEqual({ ...fresh, name: 'a', uuid: 'a', type: 'custom', status: null, has_callback: null });
  });

  it('#175 without a pipeline: by type and uuid, while one pipeline has it', async () => {
    const path = 'The url path should be in block_type/block_uuid format.';
    expect(await mage.call('viewer', 'GET', '/blocks/free')).toEqual(E(400, 'record_invalid', path));
    expect(await mage.call('viewer', 'GET', '/blocks')).toEqual({ blocks: [], metadata: { count: 0, next: false } });
    await add('free', { content: 'of blk' });
    const at = '/blocks/custom%2Ffree';
    expect((await mage.call('viewer', 'GET', at)).block).toMatchObject({
      uuid: 'free',
      content: 'of blk',
      outputs: [],
    });
    await add('free', { content: 'of etl' }, 'etl');
    const several = 'Several pipelines have a block custom/free: blk, etl. Name one of them.';
    expect(await mage.call('viewer', 'GET', at)).toEqual(E(400, 'record_invalid', several));
    for (const other of ['/blocks/custom%2Fnosuch', '/blocks/sensor%2Ffree'])
      expect(await mage.call('viewer', 'GET', other)).toEqual(E(404, 'record_not_found', 'Record not found.'));
    const deleted = "'NoneType' object has no attribute 'blocks_by_uuid'";
    await send('DELETE', '/free', undefined, 'editor', 'etl');
    expect(await exception(mage.call('editor', 'DELETE', at))).toBe(deleted);
    expect(await exception(mage.call('editor', 'POST', '/blocks', { block: { name: 'x' } }))).toBe(
      'A block needs a pipeline.',
    );
  });

  it('blocks of another account are not there', async () => {
    await add('a');
    const { headers } = await openNeighbour(mage);
    for (const path of ['/pipelines/blk/blocks/a', '/pipelines/blk/blocks'])
      expect((await mage.send('owner', 'GET', path, { headers })).body.error.exception).toBe(
        'Pipeline blk does not exist.',
      );
    expect((await mage.send('owner', 'GET', '/blocks/custom%2Fa', { headers })).body.error.code).toBe(404);
  });
});

describe('update', () => {
  it('#169 content and order by the pipeline’s own update', async () => {
    for (const name of ['load it', 'b', 'c']) await add(name);
    const update = (query: string, blocks: unknown[]) =>
      mage.call('editor', 'PUT', `/pipelines/blk${query}`, { pipeline: { blocks } });
    const answer = await update('?update_content=true', [{ uuid: 'c' }, { uuid: 'load_it', content: 'x' }]);
    expect(answer.pipeline.blocks.map(({ uuid }: Body) => uuid)).toEqual(['c', 'load_it', 'b']);
    expect(await get('load_it')).toMatchObject({ content: 'x', status: 'updated' });
    expect((await get('c')).status).toBe('not_executed');
    await update('', [{ uuid: 'load_it', content: 'y' }, { uuid: 'nosuch', content: 'z' }, null, 'b', 7]);
    expect([(await get('load_it')).content, await uuids()]).toEqual(['x', ['load_it', 'c', 'b']]);
  });

  it('#170 a new name: a new uuid, and all links follow', async () => {
    await add('a');
    await add('dup', { upstream_blocks: ['a'] });
    await add('end', { upstream_blocks: ['dup', 'a'] });
    const { block } = await send('PUT', '/dup', { name: 'renamed one' });
    expect(block).toMatchObject({ uuid: 'renamed_one', name: 'renamed one', downstream_blocks: ['end'] });
    expect([(await get('end')).upstream_blocks, (await get('a')).downstream_blocks]).toEqual([
      ...[
        ['renamed_one', 'a'],
        ['renamed_one', 'end'],
      ],
    ]);
    const taken = 'Block end already exists in pipeline. Please use a different name.';
    expect(await exception(send('PUT', '/a', { name: 'End' }))).toBe(taken);
  });

  it('#171 no circle, of one or of several', async () => {
    await add('mid');
    const words = 'A cycle was formed while updating a block: ';
    expect(await exception(send('PUT', '/mid', { upstream_blocks: ['mid'] }))).toBe(`${words}mid --> mid`);
    await add('b', { upstream_blocks: ['mid'] });
    await add('c', { upstream_blocks: ['b'] });
    expect(await exception(send('PUT', '/mid', { upstream_blocks: ['c'] }))).toBe(`${words}mid --> b --> c --> mid`);
    expect(await exception(send('PUT', '/c', { downstream_blocks: ['mid'] }))).toMatch(words);
    const added = send('POST', '', { name: 'd', type: 'custom', upstream_blocks: ['c'], downstream_blocks: ['mid'] });
    expect(await exception(added)).toMatch(/^A cycle was formed while adding a block: /);
    expect([(await get('mid')).upstream_blocks, await uuids()]).toEqual([[], ['mid', 'b', 'c']]);
  });

  it('#172 what may be set is set, and all else is left as it is', async () => {
    await add('a', { content: 'old' });
    const set = {
      ...{ color: 'blue', configuration: { a: { b: [1] } }, executor_type: 'k8s', retry_config: { retries: 2 } },
      ...{ timeout: 60, has_callback: true },
    };
    const ignored = { content: 'new', language: 'sql', status: 'executed', type: 'sensor' };
    const { block } = await send('PUT', '/a', { ...set, ...ignored });
    expect(block).toMatchObject({ ...set, content: 'old', language: 'python', status: 'updated', type: 'custom' });
    expect(block.callback_content).toContain('@on_success');
    expect(await send('PUT', '/a', { foo: 1 })).toEqual(refused('write of foo on update is disabled for blocks.'));
    expect((await send('PUT', '/a', { foo: 1 }, 'owner')).block.color).toBe('blue');
    expect((await send('PUT', '/a', { color: null, timeout: null, retry_config: null })).block).toMatchObject({
      ...{ color: null, timeout: null, retry_config: null },
    });
  });

  it('links: unknown ones are left aside, an empty list unlinks both sides; callbacks are linked from theirs', async () => {
    for (const name of ['a', 'b', 'c']) await add(name);
    expect((await send('PUT', '/c', { upstream_blocks: ['b', 'x', 'a'] })).block.upstream_blocks).toEqual(['b', 'a']);
    expect((await send('PUT', '/b', { downstream_blocks: [] })).block.downstream_blocks).toEqual([]);
    expect((await get('c')).upstream_blocks).toEqual(['a']);
    await add('kcb', { type: 'callback' });
    expect((await send('PUT', '/a', { callback_blocks: ['kcb'] })).block.uuid).toBe('a');
    expect(await exception(send('PUT', '/a', { callback_blocks: ['nosuch'] }))).toBe(
      'Callback block nosuch is not in the blk pipeline.',
    );
    expect(await exception(send('PUT', '/a', { conditional_blocks: ['my_cond'] }))).toBe(
      'Conditional block my_cond is not in the blk pipeline.',
    );
    expect(await send('PUT', '/nosuch', {})).toEqual(
      E(400, 'record_invalid', 'Block nosuch does not exist in pipeline blk.'),
    );
  });

  it('links made at the same moment make no circle', async () => {
    for (const name of ['a', 'b']) await add(name);
    const link = (from: string, to: string) => send('PUT', `/${from}`, { upstream_blocks: [to] });
    const answers = await Promise.all([link('a', 'b'), link('b', 'a')]);
    expect(answers.filter(({ error }) => error)).toHaveLength(1);
  });
});

describe('delete', () => {
  it('#173 a block that others depend on is kept', async () => {
    await add('l1');
    for (const name of ['join', 'other']) await add(name, { upstream_blocks: ['l1'] });
    const kept = "Block(s) ['join', 'other'] are depending on block l1. Please remove the downstream blocks first.";
    for (const query of ['', '?force=false']) expect(await exception(send('DELETE', `/l1${query}`))).toBe(kept);
    expect(await uuids()).toEqual(['l1', 'join', 'other']);
  });

  it('#174 by force: its upstream blocks become those of its dependants', async () => {
    const four = ['l1', 'l2', 'l3', 'l4'];
    for (const name of four) await add(name);
    await add('join', { upstream_blocks: four });
    await add('nokw', { upstream_blocks: ['join'] });
    const { block } = await send('DELETE', '/join?force=true');
    expect([block.uuid, 'content' in block]).toEqual(['join', false]);
    expect((await get('nokw')).upstream_blocks).toEqual(four);
    expect((await send('DELETE', '/l1?force=0')).block.uuid).toBe('l1');
    expect(await send('DELETE', '/l1')).toEqual(E(400, 'record_invalid', 'Block l1 does not exist in pipeline blk.'));
  });

  it('a copy of a pipeline has blocks of its own; deleting a pipeline deletes its blocks', async () => {
    await add('a', { content: 'x' });
    await add('b', { upstream_blocks: ['a'], configuration: { n: 1.5 } });
    await mage.call('editor', 'POST', '/pipelines', { pipeline: { name: 'copy', clone_pipeline_uuid: 'blk' } });
    await mage.call('editor', 'DELETE', '/pipelines/blk');
    const { blocks } = await list('', 'copy');
    expect(blocks.map(({ uuid, upstream_blocks }: Body) => [uuid, upstream_blocks])).toEqual([
      ...[
        ['a', []],
        ['b', ['a']],
      ],
    ]);
    expect([(await get('a', 'copy')).content, (await get('b', 'copy')).configuration]).toEqual(['x', { n: 1.5 }]);
    expect(await mage.house.db('blocks')).toHaveLength(2);
  });
});

it('properties: whatever links are made, the graph has no circle', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await add(name);
  let state = 7;
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  for (let step = 0; step < 40; step += 1) {
    const links = names.filter(() => random(3) === 0);
    const side = random(2) === 0 ? 'upstream_blocks' : 'downstream_blocks';
    await send('PUT', `/${names[random(5)]}`, { [side]: links });
    const { blocks } = await list();
    const left = new Map<string, string[]>(blocks.map((block: Body) => [block.uuid, block.upstream_blocks]));
    for (let free: string[] = names; free.length > 0; ) {
      free = [...left].filter(([, up]) => up.every((one) => !left.has(one))).map(([uuid]) => uuid);
      for (const uuid of free) left.delete(uuid);
    }
    expect([...left.keys()]).toEqual([]);
  }
});
