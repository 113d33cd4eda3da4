import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Maiagent, openMaiagent, type Part } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());

const file = (filename: string, content: string | Buffer = 'x', type?: string): Part => ({
  name: 'file',
  filename,
  content,
  ...(type && { type }),
});
const upload = async (...parts: Part[]): Promise<Body> => {
  const { status, body } = await mai.form('editor', '/attachments-upload/', parts);
  expect(status).toBe(201);
  return body;
};
const attach = (body: object, by: 'editor' | 'neighbour' = 'editor') => mai.send(by, 'POST', '/attachments/', { body });
const at = ({ id }: Body) => `/attachments/${id}/`;
const idOf = ({ file: link }: Body) => /\/files\/([\da-f-]{36})\//.exec(link)?.[1] as string;
const missing = { file: ['There is no such file: upload it first, and send the key that the upload gave.'] };
const required = ['This field is required.'];

describe('an upload is an attachment', () => {
  it('#55 201 with id, kind, name and a link that opens without a credential', async () => {
    const made = await upload(file('report.pdf', 'the bytes', 'application/pdf'));
    expect(made).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      type: 'other',
      filename: 'report.pdf',
      file: expect.stringMatching(/\/api\/v1\/files\/[\da-f-]{36}\/report\.pdf\?expires=\d+&signature=[\w-]{43}$/),
    });
    expect(await (await fetch(made.file)).text()).toBe('the bytes');
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual(made);
    expect(await mai.incoming()).toEqual([]);
  });

  it('#55 at /attachments/ too, with a name and a kind of its own', async () => {
    const parts = [
      { name: 'filename', content: ' other.pdf ' },
      { name: 'type', content: 'sticker' },
      { name: 'unknown', content: 'x' },
      file('report.pdf'),
    ];
    const { status, body } = await mai.form('editor', '/attachments/', parts);
    expect([status, body]).toMatchObject([201, { type: 'sticker', filename: 'other.pdf' }]);
  });

  it('in a conversation too, as JSON and as a form; one of another account is not there', async () => {
    const { db } = mai.house;
    const { accountId: account_id } = mai.users.editor;
    const model = { large_language_model: randomUUID(), rag: randomUUID() };
    const [bot] = await db('chatbots')
      .insert({ account_id, name: 'Shop', ...model })
      .returning('id');
    const its = { account_id, chatbot_id: bot?.id as string };
    const [door] = await db('inboxes')
      .insert({ ...its, name: 'Shop' })
      .returning('id');
    const [contact] = await db('contacts').insert({ account_id, name: 'Ada' }).returning('id');
    const ofIt = { ...its, inbox_id: door?.id as string, contact_id: contact?.id as string };
    const [talk] = await db('conversations').insert(ofIt).returning('id');
    const path = `/conversations/${talk?.id}/attachments/`;
    const { body: sent } = await mai.form('editor', path, [file('cat.png')]);
    const body = { type: 'image', filename: 'cat.png', file: sent.file };
    const { status, body: made } = await mai.send('editor', 'POST', path, { body });
    expect([status, made]).toEqual([201, { ...sent, id: expect.any(String), file: expect.any(String) }]);
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual({ ...made, file: expect.any(String) });
    const missing = { detail: 'Not found.' };
    for (const [by, there] of [
      ['neighbour', path],
      ['editor', `/conversations/${randomUUID()}/attachments/`],
    ] as const) {
      const refused = await mai.send(by, 'POST', there, { body });
      expect([refused.status, refused.body]).toEqual([404, missing]);
    }
    expect((await mai.send('viewer', 'POST', path, { body })).status).toBe(403);
  });

  it.each([
    ['cat.png', 'image/png', 'image'],
    ['cat.PNG', undefined, 'image'],
    ['cat.jpg', 'application/octet-stream', 'image'],
    ['talk.mp3', 'audio/mpeg', 'audio'],
    ['film.mp4', undefined, 'video'],
    ['notes.txt', 'text/plain', 'other'],
    ['data.json', 'application/json', 'other'],
  ])('%s sent as %s is of the kind %s', async (name, type, kind) => {
    expect((await upload(file(name, 'x', type))).type).toBe(kind);
  });

  it.each(['doc', 'docx', 'txt', 'pdf', 'md', 'xls', 'xlsx', 'csv', 'ppt', 'pptx', 'json', 'jsonl'])(
    'files that end in %s are taken',
    async (ending) => expect((await upload(file(`a.${ending}`))).filename).toBe(`a.${ending}`),
  );

  it.each(['a.exe', 'a.html', 'a.svg', 'a.pdf.exe', 'README', '.pdf.', 'a.js'])(
    '400 for %s, and nothing stays',
    async (name) => {
      const [files, rows] = [await mai.count('files'), await mai.count('attachments')];
      for (const path of ['/attachments/', '/attachments-upload/']) {
        const { status, body } = await mai.form('editor', path, [file(name)]);
        expect([status, body]).toEqual([400, { file: ['Files of this type are not taken here.'] }]);
      }
      expect([await mai.count('files'), await mai.count('attachments'), await mai.incoming()]).toEqual([
        files,
        rows,
        [],
      ]);
    },
  );

  it('400 for no bytes, for a text, for nothing', async () => {
    for (const path of ['/attachments/', '/attachments-upload/']) {
      const told = async (...parts: Part[]) => (await mai.form('editor', path, parts)).body;
      expect(await told(file('a.txt', ''))).toEqual({ file: ['The submitted file is empty.'] });
      const text = { name: 'file', content: 'a.txt' };
      expect(await told(text)).toEqual({
        file: ['The submitted data was not a file. Check the encoding type on the form.'],
      });
      expect(await told(file('', ''))).toEqual({ file: ['No file was submitted.'] });
      expect(await told({ name: 'other', filename: 'a.txt', content: 'x' })).toEqual({
        file: ['No file was submitted.'],
      });
      expect(await told({ name: 'type', content: 'bad' }, file('a.txt'))).toEqual({
        type: ['"bad" is not a valid choice.'],
      });
    }
    expect(await mai.incoming()).toEqual([]);
  });
});

describe('a file that is there already', () => {
  it('is attached by its id, its key, or its address', async () => {
    const id = idOf(await upload(file('report.pdf', 'shared')));
    const references = [
      ...[id, id.toUpperCase(), `media/chatbots/attachment/${id}/report.pdf`, `/media/chatbots/batch-qa/${id}/x`],
      ...[`${mai.url}/files/${id}/report.pdf`, `https://elsewhere.example/api/v1/files/${id}/x/?expires=1&signature=x`],
    ];
    for (const reference of references) {
      const { status, body } = await attach({ filename: 'mine.pdf', file: reference });
      expect([reference, status, body.filename, idOf(body)]).toEqual([reference, 201, 'mine.pdf', id]);
      expect(await (await fetch(body.file)).text()).toBe('shared');
    }
  });

  it("400 for a file of another account, the same as for none; and for what is no file's name", async () => {
    const made = await upload(file('ours.pdf'));
    const id = idOf(made);
    const foreign = [id, `media/chatbots/attachment/${id}/ours.pdf`, made.file];
    for (const reference of [...foreign, randomUUID()]) {
      const { status, body } = await attach({ filename: 'x.pdf', file: reference }, 'neighbour');
      expect([status, body]).toEqual([400, missing]);
    }
    const wrong = ['x', '../../etc/passwd', `media/../${id}/x`, `${id}/..`, `${id}\0`, `file:///${id}`, `%2e${id}`];
    for (const reference of wrong) {
      const { status, body } = await attach({ filename: 'x.pdf', file: reference });
      expect([reference, status, body]).toEqual([reference, 400, missing]);
    }
    expect((await mai.send('neighbour', 'GET', '/attachments/')).body.count).toBe(0);
  });

  it('400 by field', async () => {
    expect((await attach({})).body).toEqual({ filename: required, file: required });
    const wrong = { type: 'x', filename: '', file: null };
    expect((await attach(wrong)).body).toEqual({
      type: ['"x" is not a valid choice.'],
      filename: ['This field may not be blank.'],
      file: ['This field may not be null.'],
    });
  });
});

describe('one attachment', () => {
  it('is changed in part or whole; the file that it leaves is dropped', async () => {
    const [one, two] = [await upload(file('one.pdf', '1')), await upload(file('two.pdf', '2'))];
    const patch = await mai.send('editor', 'PATCH', at(one), { body: { filename: '../renamed.pdf' } });
    expect([patch.status, patch.body.filename, idOf(patch.body)]).toEqual([200, 'renamed.pdf', idOf(one)]);
    const put = await mai.send('editor', 'PUT', at(one), {
      body: { filename: 'b.pdf', file: idOf(two), type: 'image' },
    });
    expect([put.status, put.body.type, idOf(put.body)]).toEqual([200, 'image', idOf(two)]);
    expect(await (await fetch(put.body.file)).text()).toBe('2');
    expect((await fetch(one.file)).status).toBe(404);
    expect((await mai.send('editor', 'PUT', at(one), { body: {} })).body).toEqual({
      filename: required,
      file: required,
    });
    expect((await mai.send('editor', 'PATCH', at(one), { body: { file: randomUUID() } })).body).toEqual(missing);
    expect((await mai.send('editor', 'PATCH', at(one))).body).toEqual(put.body);
  });

  it('#31 is deleted: 204; the file goes with the last that refers to it', async () => {
    const made = await upload(file('a.pdf'));
    const { body: second } = await attach({ filename: 'b.pdf', file: idOf(made) });
    const { status, text } = await mai.send('editor', 'DELETE', at(made));
    expect([status, text]).toEqual([204, '']);
    expect((await mai.send('editor', 'DELETE', at(made))).status).toBe(404);
    expect((await fetch(second.file)).status).toBe(200);
    await mai.send('editor', 'DELETE', at(second));
    expect((await fetch(second.file)).status).toBe(404);
    expect(await mai.house.db('files').where({ id: idOf(made) })).toEqual([]);
  });

  it("#29 #30 404 for what is no uuid, nobody's, or another account's", async () => {
    const made = await upload(file('a.pdf'));
    const tries = [
      ['neighbour', made.id],
      ['owner', 'x'],
      ['owner', randomUUID()],
      ['owner', '%00'],
    ] as const;
    for (const [by, id] of tries) {
      const body = { filename: 'x.pdf', file: idOf(made) };
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const answer = await mai.send(by, method, `/attachments/${id}/`, { ...(method !== 'GET' && { body }) });
        expect([method, answer.status, answer.body]).toEqual([method, 404, { detail: 'Not found.' }]);
      }
    }
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual(made);
  });

  it('#39 a viewer only looks', async () => {
    const made = await upload(file('a.pdf'));
    for (const [method, path] of [
      ['PATCH', at(made)],
      ['DELETE', at(made)],
      ['POST', '/attachments/'],
    ] as const) {
      expect((await mai.send('viewer', method, path, { body: {} })).status).toBe(403);
    }
    const files = await mai.count('files');
    expect((await mai.form('viewer', '/attachments-upload/', [file('a.pdf')])).status).toBe(403);
    expect([await mai.count('files'), await mai.incoming()]).toEqual([files, []]);
  });

  it('is in the list, the newest first', async () => {
    const made = [await upload(file('1.pdf')), await upload(file('2.pdf'))];
    const { body } = await mai.send('viewer', 'GET', '/attachments/', { query: '?pageSize=2' });
    expect(body.results).toEqual(made.toReversed());
    expect(body.count).toBe(await mai.count('attachments'));
  });
});
