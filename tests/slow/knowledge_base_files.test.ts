import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forbidden, type Knowledge, nobodys, notFound, openKnowledge, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';
import type { Somebody } from '../support/maiagent.ts';

let house: Knowledge;
let base: string;
beforeAll(async () => {
  house = await openKnowledge();
  base = await house.base();
});
afterAll(() => house.close());

const at = (rest = '', of = base) => `/knowledge-bases/${of}/files/${rest && `${rest}/`}`;
const register = (files: unknown, of = base, who: Somebody = 'editor') => house.ask(who, 'POST', at('', of), { files });
const count = async (of = base) => (await house.ask('viewer', 'GET', at('', of)))[1].count;
const stamp = expect.stringMatching(/^\d{13}$/);
const nowhere = { file: ['There is no uploaded file of this path. Send the key that its upload gave.'] };
const twice = { file: ['This file is registered in this knowledge base already.'] };
const pk = [400, { knowledgeBasePk: ['Must be a valid UUID.'] }];
const type = 'Files of this type are not taken here: the name must end in one of doc, docx, txt, ';
const unsupported = [expect.stringContaining(type.slice(0, 40))];

describe('register', () => {
  it('B23: 23 201 with a page of what was registered, in its order, and an address that opens the bytes', async () => {
    const own = await house.base();
    const label = await house.label(own, 'Product Data');
    const [first, second] = [await house.upload('Tävlingar 2024.csv', 'editor', 'the bytes'), await house.upload()];
    const parser = nobodys;
    const metadata = { department: 'sales', snake_case: { camelCase: [1, null, '🗡'] }, '': true };
    const files = [
      { file: second, filename: 'second.txt' },
      {
        file: first,
        filename: 'Products_example.XLSX',
        knowledgeBase: own,
        parser,
        labels: [{ id: label, name: 'Product Data' }],
        rawUserDefineMetadata: metadata,
      },
    ];
    const [status, body] = await register(files, own);
    expect(status).toBe(201);
    const reading = { status: 'initial', failedReason: null, pages: null, pagesRead: 0, pageFailures: [] };
    const plain = { id: expect.any(String), knowledgeBase: own, ...reading };
    expect(body).toEqual({
      count: 2,
      next: null,
      previous: null,
      results: [
        {
          ...plain,
          filename: 'second.txt',
          file: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/files\/[\da-f-]{36}\/report\.txt\?/),
          fileType: 'txt',
          size: 36,
          parser: null,
          labels: [],
          rawUserDefineMetadata: {},
          createdAt: stamp,
          updatedAt: stamp,
        },
        {
          ...plain,
          filename: 'Products_example.XLSX',
          file: expect.stringContaining('/T%C3%A4vlingar%202024.csv?'),
          fileType: 'xlsx',
          size: 9,
          parser: { id: parser, name: '' },
          labels: [{ id: label, name: 'Product Data' }],
          rawUserDefineMetadata: metadata,
          createdAt: stamp,
          updatedAt: stamp,
        },
      ],
    });
    const { pathname, search } = new URL(body.results[1].file);
    const bytes = await request(house.server).get(pathname + search);
    expect([bytes.status, bytes.text]).toEqual([200, 'the bytes']);
    expect((await house.ask('viewer', 'GET', `/knowledge-bases/${own}/`))[1].filesCount).toBe(2);
    for (const entry of body.results) expect((await house.ask('viewer', 'GET', at(entry.id, own)))[1]).toEqual(entry);
  });

  it('takes snake_case, labels by name, and every name of a file: key, id, address', async () => {
    const own = await house.base();
    const label = await house.label(own, 'ä');
    const item = { filename: 'a.md', labels: [{ name: 'ä' }, { id: label.toUpperCase() }] };
    const [, first] = await register(
      [{ ...item, file: await house.upload(), raw_user_define_metadata: { a_b: 1 } }],
      own,
    );
    expect(first.results[0]).toMatchObject({ labels: [{ id: label, name: 'ä' }], rawUserDefineMetadata: { a_b: 1 } });
    const { file: address } = first.results[0];
    const [id = ''] = /[\da-f-]{36}/.exec(address) ?? [];
    for (const name of [address, id, id.toUpperCase(), address.split('?')[0], `/media/chatbots/attachment/${id}/x`]) {
      const other = await house.base();
      expect([name, (await register([{ filename: 'a.md', file: name }], other))[0]]).toEqual([name, 201]);
    }
  });

  it('19 400 without files: {}, nothing, and what is no list', async () => {
    expect(await house.ask('editor', 'POST', at(), {})).toEqual([400, { files: required }]);
    expect(await house.ask('editor', 'POST', at())).toEqual([400, { files: required }]);
    expect(await register(null)).toEqual([400, { files: ['This field may not be null.'] }]);
    expect(await register([])).toEqual([400, { files: { nonFieldErrors: ['This list may not be empty.'] } }]);
    // 22
    const words = 'Expected a list of items but got type "str".';
    expect(await register('x')).toEqual([400, { files: { nonFieldErrors: [words] } }]);
    const many = Array.from({ length: 101 }, () => ({ file: 'x', filename: 'x' }));
    expect(await register(many)).toEqual([400, { files: ['Ensure this field has no more than 100 elements.'] }]);
  });

  it('21 400 by item, each in its place', async () => {
    const file = await house.upload();
    const good = { file, filename: 'good.txt' };
    expect(await register([good, {}])).toEqual([400, { files: [{}, { filename: required, file: required }] }]);
    expect(await register([{ filename: '', file: null }, good])).toEqual([
      400,
      { files: [{ filename: ['This field may not be blank.'], file: ['This field may not be null.'] }, {}] },
    ]);
    const dictionary = { nonFieldErrors: ['Invalid data. Expected a dictionary, but got str.'] };
    expect(await register([good, 'x'])).toEqual([400, { files: [{}, dictionary] }]);
    const bad = {
      ...good,
      parser: 'pdf_parser',
      knowledgeBase: 'x',
      labels: [{ id: 'x' }],
      rawUserDefineMetadata: 'x',
    };
    expect(await register([bad])).toEqual([
      400,
      {
        files: [
          {
            knowledgeBase: ['Must be a valid UUID.'],
            parser: ['Must be a valid UUID.'],
            labels: [{ id: ['Must be a valid UUID.'] }],
            rawUserDefineMetadata: ['Expected a dictionary of items but got type "str".'],
          },
        ],
      },
    ]);
    expect((await register([good]))[0]).toBe(201);
  });

  it('400 by item what the contract cannot see; nothing of it is registered', async () => {
    const own = await house.base();
    const label = await house.label(base);
    const [file, other] = [await house.upload(), await house.upload()];
    const [status, body] = await register(
      [
        { file, filename: 'good.txt' },
        { file: 'media/chatbots/chatbot-file/xxx.xlsx', filename: 'a.txt' },
        { file, filename: 'again.txt' },
        { file: other, filename: 'virus.exe', knowledgeBase: base, labels: [{ id: label }, { name: 'none' }, {}] },
      ],
      own,
    );
    expect([status, body]).toEqual([
      400,
      {
        files: [
          {},
          nowhere,
          { file: ['This file is in the request twice.'] },
          {
            filename: unsupported,
            knowledgeBase: [`Invalid pk "${base}" - object does not exist.`],
            labels: [
              `Invalid pk "${label}" - object does not exist.`,
              'Invalid pk "none" - object does not exist.',
              'A label needs an id or a name.',
            ],
          },
        ],
      },
    ]);
    expect(await count(own)).toBe(0);
  });

  it.each([
    'x',
    `media/chatbots/chatbot-file/${nobodys}/a.txt`,
    nobodys,
    '../../etc/passwd',
    'https://evil.test/a.txt',
  ])('400 no such upload: %s', async (file) => {
    expect(await register([{ file, filename: 'a.txt' }])).toEqual([400, { files: [nowhere] }]);
  });

  it('400 names without an ending that is taken; with * for the endings, all are', async () => {
    const file = await house.upload();
    for (const filename of ['report', 'report.', 'report.exe', 'a.txt.sh', '.txt/x', 'report.txt\u202e.exe'])
      expect(await register([{ file, filename }])).toEqual([400, { files: [{ filename: unsupported }] }]);
    const open = await openKnowledge({ LATCHKEY_UPLOAD_TYPES: '*' });
    try {
      const entry = await open.entry(await open.base(), { filename: 'report' });
      expect(entry).toMatchObject({ filename: 'report', fileType: '' });
    } finally {
      await open.close();
    }
  });

  it('400 the same file once more; in another knowledge base it may be', async () => {
    const file = await house.upload();
    expect((await register([{ file, filename: 'a.txt' }]))[0]).toBe(201);
    const more = { file: await house.upload(), filename: 'more.txt' };
    expect(await register([more, { file, filename: 'b.txt' }])).toEqual([400, { files: [{}, twice] }]);
    expect((await register([{ file, filename: 'a.txt' }], await house.base()))[0]).toBe(201);
    expect((await register([more]))[0]).toBe(201);
  });

  it('the same file at the same moment: one 201; several in any order: no deadlock', async () => {
    const own = await house.base();
    const keys = await Promise.all(Array.from({ length: 5 }, () => house.upload()));
    const files = keys.map((file) => ({ file, filename: 'a.txt' }));
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, n) => register(n % 2 ? files : [...files].reverse(), own)),
    );
    expect(all.map(([status]) => status).sort()).toEqual([201, ...Array(7).fill(400)]);
    for (const [status, body] of all) if (status === 400) expect(body).toEqual({ files: Array(5).fill(twice) });
    expect(await count(own)).toBe(5);
  });

  it('metadata up to 16 KiB and 100 levels; more, and what cannot be stored, is 400', async () => {
    const file = await house.upload();
    const size = 16 * 1024 - JSON.stringify({ a: '' }).length;
    const tooMuch = { rawUserDefineMetadata: ['Ensure this field has no more than 16384 bytes of JSON.'] };
    const send = (rawUserDefineMetadata: unknown) => register([{ file, filename: 'a.txt', rawUserDefineMetadata }]);
    expect(await send({ a: 'x'.repeat(size + 1) })).toEqual([400, { files: [tooMuch] }]);
    expect(await send({ a: '🗡'.repeat(size / 4 + 1) })).toEqual([400, { files: [tooMuch] }]);
    expect((await send({ a: '\u0000' }))[0]).toBe(400);
    expect((await send({ '\u0000': 1 }))[0]).toBe(400);
    expect((await send({ a: '\ud800' }))[0]).toBe(400);
    const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const sendText = (metadata: string) =>
      house.ask(
        'editor',
        'POST',
        at(),
        `{"files":[{"file":"${file}","filename":"a.txt","rawUserDefineMetadata":${metadata}}]}`,
      );
    const tooDeep = { rawUserDefineMetadata: ['Ensure this field has no more than 100 levels.'] };
    for (const levels of [8000, 400_000])
      expect(await sendText(deep(levels))).toEqual([400, { detail: 'The body is nested more than 128 levels deep.' }]);
    expect(await sendText(deep(100))).toEqual([400, { files: [tooDeep] }]);
    const [status, body] = await sendText(deep(99));
    expect(status).toBe(201);
    const entry = body.results[0].id;
    const most = { a: 'x'.repeat(size) };
    expect((await house.ask('editor', 'PATCH', at(entry), { rawUserDefineMetadata: most }))[1]).toMatchObject({
      rawUserDefineMetadata: most,
    });
    expect(await house.ask('editor', 'PATCH', at(entry), { rawUserDefineMetadata: { ...most, b: 1 } })).toEqual([
      400,
      tooMuch,
    ]);
    const proto = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
    const [, kept] = await house.ask('editor', 'PATCH', at(entry), { rawUserDefineMetadata: proto });
    expect(JSON.stringify(kept.rawUserDefineMetadata)).toBe('{"__proto__":{"admin":true},"constructor":1}');
  });

  it('a key of another account opens nothing, whichever way it is written', async () => {
    const key = await house.upload('theirs.txt', 'neighbour');
    const [id = ''] = /[\da-f-]{36}/.exec(key) ?? [];
    for (const file of [key, id, `http://127.0.0.1/api/v1/files/${id}/theirs.txt`])
      expect(await register([{ file, filename: 'a.txt' }])).toEqual([400, { files: [nowhere] }]);
    const theirs = await house.base('neighbour');
    const label = await house.label(theirs, 'x', 'neighbour');
    const [, refused] = await register([{ file: await house.upload(), filename: 'a.txt', labels: [{ id: label }] }]);
    expect(refused.files[0].labels).toEqual([`Invalid pk "${label}" - object does not exist.`]);
  });

  it('urn:uuid: is a way to write a UUID', async () => {
    const own = await house.base();
    const urn = (id: string) => `urn:uuid:${id}`;
    const label = await house.label(own);
    const item = { filename: 'a.txt', knowledgeBase: urn(own), parser: urn(nobodys), labels: [{ id: urn(label) }] };
    const [status, body] = await register([{ ...item, file: await house.upload() }], own);
    expect([status, body.results?.[0]]).toMatchObject([201, { parser: { id: nobodys }, labels: [{ id: label }] }]);
    expect((await house.ask('editor', 'POST', at('batch-delete', own), { ids: [urn(body.results[0].id)] }))[0]).toBe(
      204,
    );
    expect(await count(own)).toBe(0);
  });
});

describe('list', () => {
  it('15 an empty page; pages, the newest first; filters', async () => {
    const own = await house.base();
    expect((await house.ask('viewer', 'GET', at('', own)))[1]).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    });
    for (const filename of ['Ärger.md', 'b.TXT', 'c_100%.txt']) await house.entry(own, { filename });
    const names = async (query: string) =>
      (await house.ask('viewer', 'GET', `${at('', own)}${query}`))[1].results.map(({ filename }: Body) => filename);
    expect(await names('')).toEqual(['c_100%.txt', 'b.TXT', 'Ärger.md']);
    expect(await names('?pageSize=2&page=2')).toEqual(['Ärger.md']);
    expect(await names(`?query=${encodeURIComponent('äR')}`)).toEqual(['Ärger.md']);
    expect(await names('?query=_100%25')).toEqual(['c_100%.txt']);
    expect(await names('?fileType=TXT')).toEqual(['c_100%.txt', 'b.TXT']);
    expect(await names('?file_type=md&status=initial')).toEqual(['Ärger.md']);
    expect(await names('?status=done')).toEqual([]);
    const page = (await house.ask('viewer', 'GET', `${at('', own)}?fileType=txt&pageSize=1`))[1];
    expect(page).toMatchObject({ count: 2, next: expect.stringMatching(/\?fileType=txt&page=2&pageSize=1$/) });
    expect(await house.ask('viewer', 'GET', `${at('', own)}?status=perhaps`)).toEqual([
      400,
      { status: ['"perhaps" is not a valid choice.'] },
    ]);
  });

  it('loads the labels of all files of a page at once', async () => {
    const own = await house.base();
    const labels = [{ id: await house.label(own, 'b') }, { id: await house.label(own, 'a') }];
    for (let n = 0; n < 3; n += 1) await house.entry(own, { labels });
    let statements = 0;
    const hear = ({ sql }: { sql: string }) => {
      statements += sql.includes('knowledge_base_file_labels') ? 1 : 0;
    };
    house.house.db.on('query', hear);
    const { results } = (await house.ask('viewer', 'GET', at('', own)))[1];
    house.house.db.off('query', hear);
    expect(statements).toBe(1);
    expect(results.map((entry: Body) => entry.labels.map(({ name }: Body) => name))).toEqual(Array(3).fill(['a', 'b']));
  });
});

describe('change', () => {
  it('PUT needs the name; PATCH and update-metadata nothing; what is not given stays', async () => {
    const own = await house.base();
    const label = await house.label(own);
    const entry = await house.entry(own, { labels: [{ id: label }], rawUserDefineMetadata: { a: 1 }, parser: nobodys });
    expect(await house.ask('editor', 'PUT', at(entry.id, own), {})).toEqual([400, { filename: required }]);
    const [status, put] = await house.ask('editor', 'PUT', at(entry.id, own), { filename: 'new.md', file: entry.file });
    expect([status, put]).toEqual([
      200,
      { ...entry, filename: 'new.md', fileType: 'md', file: expect.any(String), updatedAt: stamp },
    ]);
    const [, same] = await house.ask('editor', 'PATCH', at(entry.id, own), {});
    expect(same).toEqual({ ...put, file: expect.any(String), updatedAt: stamp });
    expect((await house.ask('editor', 'PATCH', at(entry.id, own), { parser: null }))[1].parser).toBeNull();
    const metadata = at(`${entry.id}/update-metadata`, own);
    expect((await house.ask('editor', 'PATCH', metadata, { labels: [] }))[1]).toMatchObject({
      labels: [],
      rawUserDefineMetadata: { a: 1 },
    });
    const other = { id: await house.label(own, 'other'), name: 'other' };
    expect(
      (
        await house.ask('editor', 'PATCH', metadata, { labels: [{ id: label }, { id: other.id }, { name: 'other' }] })
      )[1].labels,
    ).toHaveLength(2);
    const [, replaced] = await house.ask('editor', 'PATCH', metadata, {
      labels: [other],
      rawUserDefineMetadata: { b: 2 },
    });
    expect(replaced).toMatchObject({ labels: [other], rawUserDefineMetadata: { b: 2 }, filename: 'new.md' });
    expect((await house.ask('editor', 'PATCH', metadata, {}))[1]).toMatchObject({ labels: [other] });
    // The name is not this address's to change.
    expect((await house.ask('editor', 'PATCH', metadata, { filename: 'x.txt' }))[1].filename).toBe('new.md');
    await house.ask('editor', 'DELETE', `/knowledge-bases/${own}/labels/${other.id}/`);
    expect((await house.ask('viewer', 'GET', at(entry.id, own)))[1].labels).toEqual([]);
  });

  it('400 by field', async () => {
    const entry = await house.entry(base);
    const foreign = await house.label(await house.base());
    const refused: [object, object][] = [
      [{ filename: null }, { filename: ['This field may not be null.'] }],
      [{ filename: '' }, { filename: ['This field may not be blank.'] }],
      [{ filename: 'x.exe' }, { filename: unsupported }],
      [{ filename: `${'x'.repeat(252)}.txt` }, { filename: ['Ensure this field has no more than 255 characters.'] }],
      [{ labels: [{ id: foreign }] }, { labels: [`Invalid pk "${foreign}" - object does not exist.`] }],
      [{ labels: null }, { labels: ['This field may not be null.'] }],
      [{ rawUserDefineMetadata: null }, { rawUserDefineMetadata: ['This field may not be null.'] }],
      [
        { rawUserDefineMetadata: [] },
        { rawUserDefineMetadata: ['Expected a dictionary of items but got type "list".'] },
      ],
      [
        { file: await house.upload() },
        { file: ['A registered file cannot be exchanged. Register the other one, and delete this.'] },
      ],
    ];
    for (const [sent, fields] of refused)
      expect(await house.ask('editor', 'PATCH', at(entry.id), sent)).toEqual([400, fields]);
    const labels = Array.from({ length: 101 }, () => ({ id: nobodys }));
    expect(await house.ask('editor', 'PATCH', at(`${entry.id}/update-metadata`), { labels })).toEqual([
      400,
      { labels: ['Ensure this field has no more than 100 elements.'] },
    ]);
    expect((await house.ask('viewer', 'GET', at(entry.id)))[1]).toMatchObject({ filename: 'report.txt', labels: [] });
  });
});

describe('delete', () => {
  const kept = async (entry: Body) => {
    const { pathname, search } = new URL(entry.file);
    return (await request(house.server).get(pathname + search)).status === 200;
  };

  it('31 204; the file goes with the last that refers to it, an attachment or another knowledge base', async () => {
    const [one, two] = [await house.base(), await house.base()];
    const entry = await house.entry(one);
    const [, again] = await register([{ file: entry.file, filename: 'a.txt' }], two);
    const attached = { file: entry.file, filename: 'a.txt' };
    const [, attachment] = await house.ask('editor', 'POST', '/attachments/', attached);
    const { status, text } = await house.send('editor', 'DELETE', at(entry.id, one));
    expect([status, text]).toEqual([204, '']);
    expect(await house.ask('editor', 'DELETE', at(entry.id, one))).toEqual(notFound);
    expect(await kept(entry)).toBe(true);
    expect((await house.ask('editor', 'DELETE', `/attachments/${attachment.id}/`))[0]).toBe(204);
    expect(await kept(entry)).toBe(true);
    expect((await house.ask('editor', 'DELETE', at(again.results[0].id, two)))[0]).toBe(204);
    expect(await kept(entry)).toBe(false);
    expect(await register([{ file: entry.file, filename: 'a.txt' }])).toEqual([400, { files: [nowhere] }]);
  });

  it('all who refer to a file let go at the same moment: all 204, and it is gone', async () => {
    for (let round = 0; round < 5; round += 1) {
      const bases = await Promise.all(Array.from({ length: 4 }, () => house.base()));
      const file = await house.upload();
      const paths = [];
      for (const own of bases)
        paths.push(at((await register([{ file, filename: 'a.txt' }], own))[1].results[0].id, own));
      for (let n = 0; n < 2; n += 1) {
        const [, { id }] = await house.ask('editor', 'POST', '/attachments/', { file, filename: 'a.txt' });
        paths.push(`/attachments/${id}/`);
      }
      paths[0] = `/knowledge-bases/${bases[0]}/`;
      const all = await Promise.all(paths.map((path) => house.ask('editor', 'DELETE', path)));
      expect(all.map(([status]) => status)).toEqual(paths.map(() => 204));
      const [id = ''] = /[\da-f-]{36}/.exec(file) ?? [];
      expect(await house.house.db('files').where({ id })).toEqual([]);
    }
  });

  it('registered and deleted at the same moment: either it is there with its file, or neither is', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, two] = [await house.base(), await house.base()];
      const file = await house.upload();
      const [, first] = await register([{ file, filename: 'a.txt' }], one);
      const [, [status, body]] = await Promise.all([
        house.ask('editor', 'DELETE', at(first.results[0].id, one)),
        register([{ file, filename: 'a.txt' }], two),
      ]);
      if (status === 201) expect(await kept(body.results[0])).toBe(true);
      else expect([status, body]).toEqual([400, { files: [nowhere] }]);
      expect(await count(two)).toBe(status === 201 ? 1 : 0);
    }
  });

  it('registered in a knowledge base that is deleted at the same moment: 201 or 404, and nothing is left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const own = await house.base();
      const files = [{ file: await house.upload(), filename: 'a.txt' }];
      const [[gone], [status]] = await Promise.all([
        house.ask('editor', 'DELETE', `/knowledge-bases/${own}/`),
        register(files, own),
      ]);
      expect([gone, [201, 404].includes(status)]).toEqual([204, true]);
      expect(await house.house.db('knowledge_base_files').where({ knowledge_base_id: own })).toEqual([]);
    }
  });

  it('several at once: 204; others’ ids and unknown ones are passed over', async () => {
    const [own, other] = [await house.base(), await house.base()];
    const theirs = await house.base('neighbour');
    const [a, b, c] = [await house.entry(own), await house.entry(own), await house.entry(own)];
    const elsewhere = await house.entry(other);
    const foreign = await house.entry(theirs, {}, 'neighbour');
    const ids = [a.id, b.id.toUpperCase(), a.id, elsewhere.id, foreign.id, nobodys];
    const { status, text } = await house.send('editor', 'POST', at('batch-delete', own), { body: { ids } });
    expect([status, text]).toEqual([204, '']);
    expect((await house.ask('viewer', 'GET', at('', own)))[1].results.map(({ id }: Body) => id)).toEqual([c.id]);
    expect(await Promise.all([a, b, c, elsewhere, foreign].map(kept))).toEqual([false, false, true, true, true]);
    expect((await house.ask('neighbour', 'GET', at(foreign.id, theirs)))[0]).toBe(200);
    expect((await house.ask('editor', 'POST', at('batch-delete', own), { ids: [] }))[0]).toBe(204);
  });

  it('several at once: 400 by place', async () => {
    const path = at('batch-delete');
    expect(await house.ask('editor', 'POST', path, {})).toEqual([400, { ids: required }]);
    expect(await house.ask('editor', 'POST', path, { ids: [nobodys, 'x', null] })).toEqual([
      400,
      { ids: { 1: ['Must be a valid UUID.'], 2: ['This field may not be null.'] } },
    ]);
    expect(await house.ask('editor', 'POST', path, { ids: 'x' })).toEqual([
      400,
      { ids: ['Expected a list of items but got type "str".'] },
    ]);
    expect((await house.ask('editor', 'GET', path))[0]).toBe(405);
  });
});

describe('who may, and where', () => {
  const routes = (entry: string, of = base): [string, string, object?][] => [
    ['GET', at('', of)],
    ['GET', at(entry, of)],
    ['POST', at('', of), { files: [{ file: nobodys, filename: 'a.txt' }] }],
    ['PUT', at(entry, of), { filename: 'x.txt' }],
    ['PATCH', at(entry, of), {}],
    ['PATCH', at(`${entry}/update-metadata`, of), {}],
    ['POST', at('batch-delete', of), { ids: [entry] }],
    ['DELETE', at(entry, of)],
  ];

  it('viewers read, editors write, others nothing', async () => {
    const { id } = await house.entry(base);
    for (const [method, path, body] of routes(id)) {
      expect((await house.ask('anonymous', method, path, body))[0]).toBe(401);
      expect(await house.ask('roleless', method, path, body)).toEqual(forbidden);
      if (method === 'GET') expect((await house.ask('viewer', method, path))[0]).toBe(200);
      else expect(await house.ask('viewer', method, path, body)).toEqual(forbidden);
    }
  });

  it('a knowledge base that is no UUID is 400; an unknown one, and a neighbour’s, 404', async () => {
    const theirs = await house.base('neighbour');
    const { id } = await house.entry(theirs, {}, 'neighbour');
    for (const [method, path, body] of routes(id, 'not-a-uuid'))
      expect(await house.ask('owner', method, path, body)).toEqual(pk);
    for (const of of [nobodys, theirs])
      for (const [method, path, body] of routes(id, of))
        expect(await house.ask('owner', method, path, body)).toEqual(notFound);
    expect((await house.ask('neighbour', 'GET', at(id, theirs)))[0]).toBe(200);
  });

  it('404 a file of another knowledge base, or what is no id', async () => {
    const { id } = await house.entry(await house.base());
    const foreign = await house.entry(await house.base('neighbour'), {}, 'neighbour');
    for (const wrong of [id, foreign.id, nobodys, 'not-a-uuid'])
      for (const [method, path, body] of routes(wrong).filter(([, path]) => path.includes(wrong)))
        expect(await house.ask('owner', method, path, body)).toEqual(notFound);
  });
});
