import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forbidden, type Knowledge, models, nobodys, notFound, openKnowledge, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';
import type { Somebody } from '../support/maiagent.ts';

let house: Knowledge;
beforeAll(async () => {
  house = await openKnowledge();
});
afterAll(() => house.close());
beforeEach(async () => {
  for (const table of ['knowledge_bases', 'files'] as const) await house.house.db(table).delete();
});

const at = (id = '') => `/knowledge-bases/${id && `${id}/`}`;
const create = (body: object, who: Somebody = 'editor') => house.ask(who, 'POST', at(), body);
const listed = async (query = '', who: Somebody = 'viewer') => (await house.ask(who, 'GET', `${at()}${query}`))[1];
const names = async (query = '') => (await listed(query)).results.map(({ name }: Body) => name);
const stamp = expect.stringMatching(/^\d{13}$/);
const blank = ['This field may not be blank.'];
const isNull = ['This field may not be null.'];

describe('create', () => {
  it('201 with the defaults that the documents name', async () => {
    const [status, body] = await create({ ...models, name: ' Handbooks ' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      name: 'Handbooks',
      description: null,
      ...models,
      numberOfRetrievedChunks: 12,
      sentenceWindowSize: 2,
      enableHyde: false,
      similarityCutoff: 0,
      enableRerank: true,
      filesCount: 0,
      chatbots: [],
      groups: [],
      createdAt: stamp,
      updatedAt: stamp,
    });
  });

  it('201 with everything, in camelCase and in snake_case, Unicode and all', async () => {
    const all = {
      name: '測試知識庫 🗡️ ﷽',
      description: 'Þetta er prófun\nwith two lines',
      numberOfRetrievedChunks: 1,
      sentenceWindowSize: 0,
      enableHyde: true,
      similarityCutoff: 0.75,
      enableRerank: false,
    };
    expect((await create({ ...models, ...all }))[1]).toMatchObject(all);
    const snake = {
      name: 'snake',
      embedding_model: models.embeddingModel,
      reranker_model: models.rerankerModel,
      number_of_retrieved_chunks: 3,
      similarity_cutoff: '0.5',
      enable_rerank: 'false',
    };
    const [status, body] = await create(snake);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...models, numberOfRetrievedChunks: 3, similarityCutoff: 0.5, enableRerank: false });
  });

  it('takes what it does not keep, and shows and stores nothing of a secret', async () => {
    const secret = `es-${randomUUID()}`;
    const more = {
      elasticsearchUrl: 'https://elastic.test',
      elasticsearchApiKey: secret,
      chatbots: [{ id: nobodys }],
      groups: [{ id: nobodys }],
      unheardOf: true,
    };
    const answer = await house.send('editor', 'POST', at(), { body: { ...models, name: 'x', ...more } });
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain(secret);
    expect(answer.body).toMatchObject({ chatbots: [], groups: [] });
    const [, changed] = await house.ask('editor', 'PATCH', at(answer.body.id), { elasticsearchApiKey: secret });
    expect(JSON.stringify(changed)).not.toContain(secret);
    const [row] = await house.house.db('knowledge_bases').where({ id: answer.body.id });
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(house.log.join()).not.toContain(secret);
    // The vendor's own client sends ids alone.
    expect((await create({ ...models, name: 'y', chatbots: [nobodys], groups: null }))[0]).toBe(201);
  });

  it('400 all fields that are missing', async () => {
    expect(await create({})).toEqual([400, { name: required }]);
    expect(await house.ask('editor', 'POST', at())).toEqual([400, { name: required }]);
  });

  it('B23: without models it has ours, the same each time', async () => {
    const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    const [status, one] = await create({ name: 'plain' });
    expect([status, one]).toEqual([201, expect.objectContaining({ embeddingModel: uuid, rerankerModel: uuid })]);
    expect(one.embeddingModel).not.toBe(one.rerankerModel);
    const [, two] = await create({ name: 'other', rerankerModel: models.rerankerModel });
    expect([two.embeddingModel, two.rerankerModel]).toEqual([one.embeddingModel, models.rerankerModel]);
  });

  it.each<[object, Record<string, string[]>]>([
    [{ name: '' }, { name: blank }],
    [{ name: '   ' }, { name: blank }],
    [{ name: null }, { name: isNull }],
    [{ name: ['a'] }, { name: ['Not a valid string.'] }],
    [{ name: 'x'.repeat(256) }, { name: ['Ensure this field has no more than 255 characters.'] }],
    [
      { embeddingModel: null, rerankerModel: 'bge' },
      { embeddingModel: isNull, rerankerModel: ['Must be a valid UUID.'] },
    ],
    [{ numberOfRetrievedChunks: 0 }, { numberOfRetrievedChunks: ['Ensure this value is greater than or equal to 1.'] }],
    [{ numberOfRetrievedChunks: 1.5 }, { numberOfRetrievedChunks: ['A valid integer is required.'] }],
    [
      { numberOfRetrievedChunks: 2 ** 31 },
      { numberOfRetrievedChunks: ['Ensure this value is less than or equal to 2147483647.'] },
    ],
    [{ sentenceWindowSize: -1 }, { sentenceWindowSize: ['Ensure this value is greater than or equal to 0.'] }],
    [{ similarityCutoff: 1.01 }, { similarityCutoff: ['Ensure this value is less than or equal to 1.'] }],
    [{ similarityCutoff: 'a lot' }, { similarityCutoff: ['A valid number is required.'] }],
    [{ enableHyde: 'perhaps' }, { enableHyde: ['Must be a valid boolean.'] }],
    [{ description: {} }, { description: ['Not a valid string.'] }],
  ])('400 %j', async (wrong, fields) => {
    expect(await create({ ...models, name: 'x', ...wrong })).toEqual([400, fields]);
    expect((await listed()).count).toBe(0);
  });

  it('400 what cannot be stored', async () => {
    expect((await create({ ...models, name: 'a\u0000b' }))[0]).toBe(400);
    expect((await create({ ...models, name: 'x', description: '\u0000' }))[0]).toBe(400);
  });

  it('a name may be there twice, and be 255 characters that are two units each', async () => {
    const name = '🗡'.repeat(255);
    expect((await create({ ...models, name }))[1].name).toBe(name);
    expect((await create({ ...models, name }))[0]).toBe(201);
  });
});

describe('list', () => {
  it('15 the empty list is a page', async () => {
    expect(await house.ask('viewer', 'GET', at())).toEqual([
      200,
      { count: 0, next: null, previous: null, results: [] },
    ]);
  });

  it('pages, the newest first; links keep the filters', async () => {
    for (let n = 1; n <= 5; n += 1) await house.base('editor', { name: `base ${n}` });
    await house.base('editor', { name: 'other' });
    const first = await listed('?query=BASE&pageSize=2');
    expect(first).toMatchObject({ count: 5, previous: null });
    expect(first.results.map(({ name }: Body) => name)).toEqual(['base 5', 'base 4']);
    expect(first.next).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/knowledge-bases\/\?page=2&pageSize=2&query=BASE$/);
    expect(await names('?query=base&page=3&page_size=2')).toEqual(['base 1']);
    expect(await names('?page=last&pageSize=4')).toEqual(['base 2', 'base 1']);
    expect(await house.ask('viewer', 'GET', `${at()}?page=2`)).toEqual([404, { detail: 'Invalid page.' }]);
  });

  it('filters by text as it is, and by models', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await house.base('editor', { name: '100% Ærlig_', embeddingModel: one });
    await house.base('editor', { name: 'other', rerankerModel: two });
    expect(await names(`?query=${encodeURIComponent('% ær')}`)).toEqual(['100% Ærlig_']);
    expect(await names('?query=%25%25')).toEqual([]);
    expect(await names(`?embeddingModel=${one}`)).toEqual(['100% Ærlig_']);
    expect(await names(`?reranker_model=${two.toUpperCase()}`)).toEqual(['other']);
    expect(await names(`?embeddingModel=${one}&rerankerModel=${two}`)).toEqual([]);
    for (const bad of ['x', "' or 1=1", `${one}x`]) {
      const answer = await house.ask('viewer', 'GET', `${at()}?embeddingModel=${encodeURIComponent(bad)}`);
      expect(answer).toEqual([400, { embeddingModel: ['Must be a valid UUID.'] }]);
    }
    expect((await house.ask('viewer', 'GET', `${at()}?query=%00`))[0]).toBe(400);
  });

  it('counts the files of all by one statement', async () => {
    const [full, empty] = [await house.base(), await house.base()];
    await house.entry(full);
    await house.entry(full);
    const statements: string[] = [];
    const hear = ({ sql }: { sql: string }) => void statements.push(sql);
    house.house.db.on('query', hear);
    const { results } = await listed();
    house.house.db.off('query', hear);
    const counts = Object.fromEntries(results.map(({ id, filesCount }: Body) => [id, filesCount]));
    expect(counts).toEqual({ [full]: 2, [empty]: 0 });
    expect(statements.filter((sql) => sql.includes('knowledge_base_files'))).toHaveLength(1);
  });
});

describe('detail, change, delete', () => {
  it('PUT needs the name and leaves what is not given; PATCH needs nothing', async () => {
    const id = await house.base('editor', { description: 'old', numberOfRetrievedChunks: 5 });
    const before = (await house.ask('viewer', 'GET', at(id)))[1];
    expect(await house.ask('editor', 'PUT', at(id), {})).toEqual([400, { name: required }]);
    expect(await house.ask('editor', 'PUT', at(id), { name: null })).toEqual([400, { name: isNull }]);
    expect(await house.ask('editor', 'PATCH', at(id), { name: '' })).toEqual([400, { name: blank }]);
    const [status, put] = await house.ask('editor', 'PUT', at(id), { name: 'new' });
    expect([status, put]).toEqual([200, { ...before, name: 'new', updatedAt: stamp }]);
    expect((await house.ask('editor', 'PATCH', at(id), {}))[1]).toMatchObject({ name: 'new', description: 'old' });
    const embeddingModel = randomUUID();
    const [, patched] = await house.ask('editor', 'PATCH', at(id), {
      description: null,
      embedding_model: embeddingModel,
    });
    expect(patched).toMatchObject({ name: 'new', description: null, embeddingModel, numberOfRetrievedChunks: 5 });
    expect((await house.ask('viewer', 'GET', at(id)))[1]).toEqual(patched);
  });

  it('nothing but what is documented can be set', async () => {
    const id = await house.base();
    const neighbours = await house.base('neighbour');
    const mean = { id: nobodys, accountId: 2, account_id: 2, filesCount: 7, createdAt: '1', files_count: 3 };
    const [status, body] = await house.ask('owner', 'PATCH', at(id), mean);
    expect([status, body.id, body.filesCount]).toEqual([200, id, 0]);
    expect((await listed('', 'neighbour')).results.map((one: Body) => one.id)).toEqual([neighbours]);
  });

  it('31 DELETE is 204 without a body, and takes labels, files and bytes along', async () => {
    const id = await house.base();
    const label = await house.label(id);
    await house.entry(id, { labels: [{ id: label }] });
    const { status, text } = await house.send('editor', 'DELETE', at(id));
    expect([status, text]).toEqual([204, '']);
    expect(await house.ask('viewer', 'GET', at(id))).toEqual(notFound);
    for (const table of [
      'knowledge_base_labels',
      'knowledge_base_files',
      'knowledge_base_file_labels',
      'files',
    ] as const) {
      expect([table, await house.house.db(table)]).toEqual([table, []]);
    }
    expect(await house.ask('editor', 'DELETE', at(id))).toEqual(notFound);
  });

  it.each(['not-a-uuid', nobodys, `urn:uuid:${nobodys}`, '%00', '%27'])('404 %s', async (id) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) expect(await house.ask('owner', method, at(id))).toEqual(notFound);
    expect(await house.ask('owner', 'PUT', at(id), { name: 'x' })).toEqual(notFound);
  });

  it('nothing else is served below it', async () => {
    const id = await house.base();
    for (const path of ['tools/', 'members/'])
      expect(await house.ask('owner', 'POST', `${at(id)}${path}`, { query: 'x' })).toEqual(notFound);
  });

  it('the slash at the end may be missing', async () => {
    const id = await house.base();
    expect((await house.ask('viewer', 'GET', `/knowledge-bases/${id}`))[0]).toBe(200);
  });
});

describe('who may', () => {
  it('viewers read, editors write, others nothing', async () => {
    const id = await house.base();
    const body = { ...models, name: 'x' };
    const write: [string, string, object?][] = [
      ['POST', at(), body],
      ['PUT', at(id), body],
      ['PATCH', at(id), {}],
      ['DELETE', at(id)],
    ];
    for (const path of [at(), at(id)]) {
      expect((await house.ask('anonymous', 'GET', path))[0]).toBe(401);
      expect(await house.ask('roleless', 'GET', path)).toEqual(forbidden);
      expect((await house.ask('viewer', 'GET', path))[0]).toBe(200);
    }
    for (const [method, path, sent] of write) {
      expect((await house.ask('anonymous', method, path, sent))[0]).toBe(401);
      for (const who of ['roleless', 'viewer'] as const) {
        expect(await house.ask(who, method, path, sent)).toEqual(forbidden);
        // Before a look at the body.
        expect(await house.ask(who, method, path, { name: '' })).toEqual(forbidden);
      }
    }
    expect((await listed()).count).toBe(1);
  });

  it('30 a neighbour’s is not there', async () => {
    const id = await house.base('editor', { name: 'ours' });
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await house.ask('neighbour', method, at(id), method === 'PATCH' ? { name: 'theirs' } : undefined)).toEqual(
        notFound,
      );
    expect(await house.ask('neighbour', 'PUT', at(id), { ...models, name: 'theirs' })).toEqual(notFound);
    expect((await listed('?query=ours', 'neighbour')).count).toBe(0);
    expect((await house.ask('viewer', 'GET', at(id)))[1].name).toBe('ours');
  });
});
