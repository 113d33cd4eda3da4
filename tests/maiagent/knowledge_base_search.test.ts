import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forbidden, type Knowledge, nobodys, notFound, openKnowledge, required } from '../support/knowledge.ts';
import { fileOf } from '../support/retrieval.ts';

let house: Knowledge;
let base: string;
let file: string;
beforeAll(async () => {
  house = await openKnowledge();
  base = await house.base();
  const nodes = [
    { text: 'The fare is 100 and the seats are red.', page: 3, heading: 'Fares' },
    { text: 'It rains in the north.', page: 4, heading: null },
  ];
  file = await fileOf(house.house.db, house.users.editor.accountId, base, nodes, 'fares.pdf');
});
afterAll(() => house.close());

const stamp = expect.stringMatching(/^\d{13}$/);
const at = (path = '', of = base) => `/knowledge-bases/${of}/${path}`;
const post = (body: unknown, of = base) => house.ask('viewer', 'POST', at('search/', of), body);

describe('search', () => {
  const found = () => ({
    ...{ id: expect.any(String), text: 'The fare is 100 and the seats are red.', score: expect.any(Number) },
    ...{ displayScore: expect.stringMatching(/^0\.\d\d$/), filename: 'fares.pdf', heading: 'Fares', pageNumber: 3 },
    ...{ chatbotFile: { id: file, filename: 'fares.pdf' }, knowledgeBaseFile: file, faq: null },
    ...{ charactersCount: 38, hitsCount: 0, updatedAt: stamp },
  });

  it('153 200 a bare array with text and score', async () => {
    expect(await post({ query: 'fare' })).toEqual([200, [found()]]);
    expect(await post({ query: 'how much is the fare for a child' })).toEqual([200, [found()]]);
    expect(await post({ query: 'nothing of this' })).toEqual([200, []]);
  });

  it('154 the same by GET, with and without the last slash', async () => {
    expect(await house.ask('viewer', 'GET', at('search/?query=fare'))).toEqual([200, [found()]]);
    expect(await house.ask('viewer', 'GET', at('search?query=fare'))).toEqual([200, [found()]]);
  });

  it('155 400 without a query, with an empty one, with one that is no text', async () => {
    expect(await post({})).toEqual([400, { query: required }]);
    expect(await post({ query: '' })).toEqual([400, { query: ['This field may not be blank.'] }]);
    expect(await post({ query: null })).toEqual([400, { query: ['This field may not be null.'] }]);
    expect(await post({ query: ['x'] })).toEqual([400, { query: ['Not a valid string.'] }]);
    expect((await house.ask('viewer', 'GET', at('search/')))[0]).toBe(400);
    expect((await post({ query: 'x'.repeat(4001) }))[0]).toBe(400);
  });

  it('narrows by queryMetadata, in either spelling', async () => {
    const [, faq] = await house.ask('editor', 'POST', at('faqs/'), {
      question: 'The fare?',
      answer: 'It is paid at the door.',
    });
    const part = (more: object) => ({
      knowledge_base_id: base,
      chatbot_file_ids: [],
      faq_ids: [],
      has_user_selected_all: 'False',
      ...more,
    });
    const ask = async (more: object) => {
      const [, hits] = await post({ query: 'fare', query_metadata: { knowledge_bases: [part(more)] } });
      return hits.map((hit: { faq: string; knowledgeBaseFile: string }) => hit.faq ?? hit.knowledgeBaseFile);
    };
    expect(await ask({})).toEqual([]);
    expect(await ask({ faq_ids: [faq.id] })).toEqual([faq.id]);
    expect(await ask({ chatbot_file_ids: [file] })).toEqual([file]);
    expect((await ask({ has_user_selected_all: 'True' })).sort()).toEqual([faq.id, file].sort());
    const [, [hit]] = await post({ query: 'door', queryMetadata: null });
    expect(hit).toMatchObject({
      filename: 'FAQ',
      chatbotFile: { id: null, filename: 'FAQ' },
      faq: faq.id,
      text: 'The fare?\n\nIt is paid at the door.',
    });
    await house.ask('editor', 'DELETE', at(`faqs/${faq.id}/`));
  });

  it('404 hides knowledge bases of others, and what is none', async () => {
    for (const of of [nobodys, 'x', await house.base('neighbour')]) {
      expect(await post({ query: 'fare' }, of)).toEqual(notFound);
    }
    expect(await house.ask('roleless', 'POST', at('search/'), { query: 'fare' })).toEqual(forbidden);
  });
});

describe('FAQs', () => {
  it('157 201 with the question, the answer and its labels; it is found at once', async () => {
    const label = await house.label(base, 'Visits');
    const [status, faq] = await house.ask('editor', 'POST', at('faqs/'), { question: 'q', answer: 'a', labels: [] });
    expect([status, faq]).toEqual([
      201,
      {
        id: expect.any(String),
        question: 'q',
        answer: 'a',
        labels: [],
        hitsCount: 0,
        rawUserDefineMetadata: {},
        createdAt: stamp,
        updatedAt: stamp,
      },
    ]);
    const sent = {
      question: '票價多少？',
      answer: '一百元',
      labels: [{ id: label, name: 'Visits' }],
      raw_user_define_metadata: { a_b: 1 },
    };
    const [, other] = await house.ask('editor', 'POST', at('faqs/'), sent);
    expect(other).toMatchObject({ labels: [{ id: label, name: 'Visits' }], rawUserDefineMetadata: { a_b: 1 } });
    expect((await post({ query: '票價' }))[1]).toMatchObject([{ faq: other.id, filename: 'FAQ' }]);
    expect(await house.ask('viewer', 'GET', at(`faqs/${other.id}/`))).toEqual([200, other]);
    const [, page] = await house.ask('viewer', 'GET', at('faqs/?query=元'));
    expect(page).toMatchObject({ count: 1, results: [{ id: other.id }] });
  });

  it('PUT and PATCH change what is given, and what is found', async () => {
    const [, { id }] = await house.ask('editor', 'POST', at('faqs/'), {
      question: 'Is there a plough?',
      answer: 'No.',
    });
    await house.house.db('text_nodes').where('knowledge_base_faq_id', id).update({ hits_count: 3 });
    const [status, changed] = await house.ask('editor', 'PUT', at(`faqs/${id}/`), { answer: 'There is an anvil.' });
    expect([status, changed]).toMatchObject([
      200,
      { question: 'Is there a plough?', answer: 'There is an anvil.', hitsCount: 3 },
    ]);
    expect((await post({ query: 'anvil' }))[1]).toMatchObject([{ faq: id, hitsCount: 3 }]);
    expect((await house.ask('editor', 'PATCH', at(`faqs/${id}/`), {}))[0]).toBe(200);
    const label = await house.label(base);
    const [, labelled] = await house.ask('editor', 'PATCH', at(`faqs/${id}/update-metadata/`), {
      labels: [{ id: label }],
    });
    expect(labelled.labels).toMatchObject([{ id: label }]);
    expect((await house.ask('editor', 'PATCH', at(`faqs/${id}/update-metadata/`), { labels: [] }))[1].labels).toEqual(
      [],
    );
    expect(await house.ask('editor', 'DELETE', at(`faqs/${id}/`))).toEqual([204, {}]);
    expect(await post({ query: 'anvil' })).toEqual([200, []]);
    expect(await house.ask('viewer', 'GET', at(`faqs/${id}/`))).toEqual(notFound);
  });

  it('400 by field; labels of another knowledge base are none', async () => {
    expect(await house.ask('editor', 'POST', at('faqs/'), {})).toEqual([400, { question: required, answer: required }]);
    const other = await house.label(await house.base());
    const [status, body] = await house.ask('editor', 'POST', at('faqs/'), {
      question: 'q',
      answer: '',
      labels: [{ id: other }],
    });
    expect([status, body]).toEqual([400, { answer: ['This field may not be blank.'] }]);
    expect(
      await house.ask('editor', 'POST', at('faqs/'), { question: 'q', answer: 'a', labels: [{ id: other }] }),
    ).toEqual([400, { labels: [`Invalid pk "${other}" - object does not exist.`] }]);
  });

  it('batch-delete: those that are here; never all for an empty list', async () => {
    const ids = [];
    for (const question of ['one', 'two'])
      ids.push((await house.ask('editor', 'POST', at('faqs/'), { question, answer: 'a' }))[1].id);
    const all = await house.count('knowledge_base_faqs');
    expect(await house.ask('editor', 'POST', at('faqs/batch-delete/'), { ids: [] })).toEqual([
      400,
      { ids: ['This list may not be empty.'] },
    ]);
    expect(await house.ask('editor', 'POST', at('faqs/batch-delete/', await house.base()), { ids })).toEqual([204, {}]);
    expect(await house.count('knowledge_base_faqs')).toBe(all);
    expect(await house.ask('editor', 'POST', at('faqs/batch-delete/'), { ids: [...ids, nobodys] })).toEqual([204, {}]);
    expect(await house.count('knowledge_base_faqs')).toBe(all - 2);
  });
});

describe('pieces and documents', () => {
  it('text nodes: of a knowledge base, of a file, of all', async () => {
    const node = {
      id: expect.any(String),
      text: 'It rains in the north.',
      charactersCount: 22,
      hitsCount: 0,
      filename: 'fares.pdf',
      chatbotFile: file,
      knowledgeBaseFile: file,
      faq: null,
      pageNumber: 4,
      heading: null,
      updatedAt: stamp,
    };
    const [, page] = await house.ask('viewer', 'GET', at(`text-nodes/?knowledgeBaseFile=${file}`));
    expect(page).toMatchObject({ count: 2, next: null });
    expect(page.results[1]).toEqual(node);
    const [, second] = await house.ask('viewer', 'GET', `/chatbot-text-nodes/?chatbotFile=${file}&pageSize=1&page=2`);
    expect(second).toMatchObject({ count: 2, next: null, results: [node] });
    expect(await house.ask('viewer', 'GET', at('text-nodes/?knowledgeBaseFile=x'))).toEqual([
      400,
      { knowledgeBaseFile: ['Must be a valid UUID.'] },
    ]);
    expect((await house.ask('neighbour', 'GET', `/chatbot-text-nodes/?chatbotFile=${file}`))[1]).toMatchObject({
      count: 0,
    });
  });

  it('documents: the text of a file, which may be corrected and forgotten', async () => {
    const own = await house.base();
    const id = await fileOf(
      house.house.db,
      house.users.editor.accountId,
      own,
      [
        { text: 'One.', page: 1, heading: 'A' },
        { text: 'Two.', page: 1, heading: 'A' },
      ],
      'd.txt',
    );
    const row = {
      id,
      filename: 'd.txt',
      chatbotFile: id,
      charactersCount: 8,
      nodesCount: 2,
      metadata: {},
      updatedAt: stamp,
    };
    expect((await house.ask('viewer', 'GET', at(`documents/?chatbot_file_id=${id}`, own)))[1]).toMatchObject({
      count: 1,
      results: [row],
    });
    const content = '# A\n\nOne.\n\nTwo.';
    expect(await house.ask('viewer', 'GET', at(`documents/${id}/`, own))).toEqual([200, { ...row, content }]);
    const change = { content: '# B\n\nThree swords.', metadata: { by: 'me' } };
    const [status, changed] = await house.ask('editor', 'PUT', at(`documents/${id}/`, own), change);
    expect([status, changed]).toMatchObject([200, { ...change, nodesCount: 1 }]);
    expect((await post({ query: 'sword' }, own))[1]).toMatchObject([{ heading: 'B', text: 'Three swords.' }]);
    expect(await post({ query: 'two' }, own)).toEqual([200, []]);
    expect(await house.ask('editor', 'DELETE', at(`documents/${id}/`, own))).toEqual([204, {}]);
    expect(await post({ query: 'sword' }, own)).toEqual([200, []]);
    expect(await house.ask('viewer', 'GET', at(`documents/${id}/`, own))).toEqual(notFound);
    expect((await house.ask('viewer', 'GET', at(`files/${id}/`, own)))[0]).toBe(200);
  });
});

describe('parsers and what is read', () => {
  it('lists one parser, what it reads, and what may be uploaded', async () => {
    const [, { results }] = await house.ask('viewer', 'GET', '/parsers/');
    expect(results).toEqual([{ id: expect.any(String), name: 'MaiAgent Parser', provider: 'maiagent', priority: 1 }]);
    expect(await house.ask('viewer', 'GET', `/parsers/${results[0].id}/`)).toEqual([200, results[0]]);
    expect(await house.ask('viewer', 'GET', '/parsers/x/')).toEqual(notFound);
    const [, types] = await house.ask('viewer', 'GET', '/parsers/supported-file-types');
    const endings = types.map(({ fileType }: { fileType: string }) => fileType);
    expect(endings).toEqual(expect.arrayContaining(['.pdf', '.docx', '.pptx', '.xlsx', '.md', '.txt', '.csv']));
    const { id, name, provider } = results[0];
    expect(types[0].parsers).toEqual([{ id, name, provider, isDefault: true }]);
    const [, specs] = await house.ask('viewer', 'GET', '/allowed-file-specs/');
    expect(specs[0]).toEqual({
      modelName: 'chatbot-file',
      fieldName: 'file',
      extensions: expect.arrayContaining(['pdf']),
      maxSize: 100 * 1024 * 1024,
    });
  });

  it('159 batch-reparse: by the name of a parser or its id; the file waits to be read, and is found meanwhile', async () => {
    const own = await house.base();
    const id = await fileOf(house.house.db, house.users.editor.accountId, own, ['A sword.']);
    const [{ id: parser }] = (await house.ask('viewer', 'GET', '/parsers/'))[1].results;
    const reparse = (body: unknown) => house.ask('editor', 'PATCH', at('files/batch-reparse/', own), body);
    const [status, page] = await reparse([{ id, parser: 'MaiAgent Parser' }]);
    expect([status, page]).toMatchObject([
      200,
      { count: 1, results: [{ id, status: 'initial', parser: { id: parser, name: 'MaiAgent Parser' } }] },
    ]);
    expect((await reparse([{ id, parser: nobodys }]))[1].results[0].parser).toEqual({ id: nobodys, name: '' });
    expect((await post({ query: 'sword' }, own))[1]).toHaveLength(1);
    expect(
      await house.house
        .db('graphile_worker.jobs')
        .where({ task_identifier: 'read_file', key: `read_file ${id}` })
        .select('flags'),
    ).toEqual([{ flags: { reading: true } }]);
    expect(await reparse([{ id, parser: 'none' }, { id: nobodys }, {}])).toEqual([400, [{}, {}, { id: required }]]);
    expect(await reparse([{ id, parser: 'none' }, { id: nobodys }])).toEqual([
      400,
      [
        { parser: ['Invalid pk "none" - object does not exist.'] },
        { id: [`Invalid pk "${nobodys}" - object does not exist.`] },
      ],
    ]);
    expect(await reparse({ id })).toEqual([400, { nonFieldErrors: ['Expected a list of items but got type "dict".'] }]);
    expect(await reparse([])).toEqual([400, { nonFieldErrors: ['This list may not be empty.'] }]);
  });

  it('158 status is a word, and a file says how its reading goes', async () => {
    const entry = await house.entry(base);
    expect(entry).toMatchObject({ status: 'initial', failedReason: null, pages: null, pagesRead: 0, pageFailures: [] });
    const [, { results }] = await house.ask('viewer', 'GET', at('files/'));
    for (const { status } of results) expect(['initial', 'processing', 'done', 'deleting', 'failed']).toContain(status);
    const bare = (await house.upload()).replace(/^media\//, '');
    expect((await house.entry(base, { file: bare })).id).toBeDefined();
  });
});
