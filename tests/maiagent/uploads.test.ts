import { once } from 'node:events';
import { request as ask, type ClientRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Body } from '../support/mage.ts';
import { formType, type Maiagent, multipart, openMaiagent, type Part } from '../support/maiagent.ts';
import { content } from '../support/store.ts';

const most = 200_000;
let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent({ LATCHKEY_MAX_UPLOAD_BYTES: String(most) });
});
afterAll(() => mai.close());
afterEach(async () => {
  // Nothing is left of any upload but what was kept.
  await vi.waitFor(async () => expect(await mai.incoming()).toEqual([]));
  expect(mai.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});

const path = '/attachments-upload/';
const file = (filename: string, bytes: string | Buffer = 'x'): Part => ({ name: 'file', filename, content: bytes });
const form = (...parts: Part[]) => mai.form('editor', path, parts);
const bytesOf = async ({ file: link }: Body) => Buffer.from(await (await fetch(link)).arrayBuffer());
const tooLarge = { detail: 'Request entity too large.' };
const malformed = { detail: 'The body is not valid multipart/form-data.' };

/** A request whose body is written by hand. */
function open(headers: Record<string, string | number> = {}): ClientRequest {
  const authorization = `Api-Key ${mai.users.editor.key}`;
  const sent = ask(`${mai.url}${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': formType, ...headers },
  });
  sent.on('error', () => {});
  return sent;
}
/** Its answer. */
async function answer(sent: ClientRequest): Promise<[number | undefined, unknown]> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return [response.statusCode, await json(response)];
}

describe('bytes', () => {
  it.each([1, 65_536, 199_999, most])('%i of them come back as they were sent', async (size) => {
    const bytes = content(size);
    expect((await bytesOf((await form(file('a.pdf', bytes))).body)).equals(bytes)).toBe(true);
  });

  it('what looks like a boundary, but is none', async () => {
    const bytes = Buffer.from('\r\n--between-the-part\r\n--between-the-parts-\r--\r\n\r\n--\0');
    const { body } = await mai.form('editor', path, [file('a.pdf', bytes.subarray(0, 20))]);
    expect((await bytesOf(body)).equals(bytes.subarray(0, 20))).toBe(true);
  });

  it('20 uploads at once, each its own', async () => {
    const all = Array.from({ length: 20 }, (_, n) => content(50_000 + n));
    const made = await Promise.all(all.map((bytes, n) => form(file(`${n}.pdf`, bytes))));
    expect(made.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const read = await Promise.all(made.map(({ body }) => bytesOf(body)));
    expect(read.map((bytes, n) => bytes.equals(all[n] as Buffer))).toEqual(Array(20).fill(true));
  });
});

describe('too much', () => {
  it('413 before anything is read, where the request says how long it is', async () => {
    const sent = open({ 'content-length': 10_000_000 });
    sent.flushHeaders();
    expect(await answer(sent)).toEqual([413, tooLarge]);
    sent.destroy();
  });

  it('413 for one byte too many, and where nobody said how long it is', async () => {
    expect(await form(file('a.pdf', content(most + 1)))).toMatchObject({ status: 413, body: tooLarge });
    const sent = open({ 'transfer-encoding': 'chunked' });
    sent.end(multipart([file('a.pdf', content(most + 1))]));
    expect(await answer(sent)).toEqual([413, tooLarge]);
    expect(await mai.house.db('files').where({ size: most + 1 })).toEqual([]);
  });

  it('413 for fields that are larger than any JSON body; 400 for a file in JSON', async () => {
    const name = 'type';
    expect((await form({ name, content: 'x'.repeat(1024 * 1024 + 1) }, file('a.pdf'))).status).toBe(413);
    const sent = open({ 'transfer-encoding': 'chunked' });
    sent.end(multipart(Array.from({ length: 30 }, (_, n) => ({ name: `f${n}`, content: 'x'.repeat(60_000) }))));
    expect(await answer(sent)).toEqual([413, tooLarge]);
    expect((await mai.send('editor', 'POST', path, { body: { file: 'x' } })).status).toBe(400);
  });
});

describe('a client that goes away', () => {
  it.each([
    ['with a length', { 'content-length': 150_000 }],
    ['without one', { 'transfer-encoding': 'chunked' }],
  ])('in the middle, %s: no row, and nothing in incoming/', async (_how, headers) => {
    const before = await mai.count('files');
    const sent = open(headers as Record<string, string | number>);
    sent.write(multipart([file('a.pdf', content(100_000))]).subarray(0, 80_000));
    await vi.waitFor(async () => expect(await mai.incoming()).toHaveLength(1));
    sent.destroy();
    await vi.waitFor(async () => expect(await mai.incoming()).toEqual([]));
    expect(await mai.count('files')).toBe(before);
  });

  it('while we look who it is', async () => {
    const { db } = mai.house;
    const before = await mai.count('attachments');
    const sent = open({ 'content-length': 150_000 });
    await db.transaction(async (trx) => {
      await trx.raw('lock table memberships in access exclusive mode');
      sent.write(multipart([file('a.pdf', content(1000))]).subarray(0, 500));
      await new Promise((resolve) => setTimeout(resolve, 200));
      sent.destroy();
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect((await form(file('b.pdf'))).status).toBe(201);
    expect(await mai.count('attachments')).toBe(before + 1);
  });
});

describe('a form that is none', () => {
  const whole = () => multipart([file('a.pdf', content(1000))]);
  it.each<[string, () => string | Buffer, string?]>([
    ['without a boundary', whole, 'multipart/form-data'],
    ['with another boundary', whole, 'multipart/form-data; boundary=other'],
    ['with an empty boundary', whole, 'multipart/form-data; boundary='],
    ['that ends early', () => whole().subarray(0, -10)],
    ['that ends in a header', () => whole().subarray(0, 40)],
    ['that is text', () => 'hello'],
    ['that is JSON', () => '{"file": "a.pdf"}'],
  ])('400 for one %s', async (_what, body, type = formType) => {
    const { status, body: told } = await mai.send('editor', 'POST', path, { body: body(), type });
    expect([status, [malformed, { file: ['No file was submitted.'] }]]).toEqual([400, expect.arrayContaining([told])]);
  });

  it('no body: as a form with nothing in it', async () => {
    for (const type of [formType, 'multipart/form-data', 'application/json']) {
      const { status, body } = await mai.send('editor', 'POST', path, { type, body: '' });
      expect([status, body]).toEqual([400, { file: ['No file was submitted.'] }]);
    }
  });

  it('parts without a name, of other kinds, or by the hundred', async () => {
    const odd: Part[] = [
      ...['__proto__', 'constructor', 'toString', 'a[b]', 'file[]', ''].map((name) => ({
        name,
        content: '{"polluted":1}',
      })),
      { content: 'no name' },
      { name: '__proto__', filename: 'a.pdf', content: 'x' },
      ...Array.from({ length: 150 }, (_, n) => ({ name: `x${n}`, content: 'y' })),
    ];
    const { status } = await form(file('a.pdf'), ...odd);
    expect(status).toBe(201);
    expect({}).not.toHaveProperty('polluted');
  });

  it('two files in one field: the last counts, and the other is gone', async () => {
    for (const size of [10, 100_000]) {
      const before = await mai.count('files');
      const { body } = await form(file('one.pdf', content(size)), file('two.pdf', 'two'));
      expect([body.filename, (await bytesOf(body)).toString()]).toEqual(['two.pdf', 'two']);
      expect(await mai.count('files')).toBe(before + 1);
    }
    const { status } = await form(file('one.pdf'), { name: 'file', content: 'text' });
    expect(status).toBe(201);
  });
});

describe('the name of a file', () => {
  it.each([
    ['/etc/passwd.txt', 'passwd.txt'],
    ['../../../../a.txt', 'a.txt'],
    ['C:\\\\Windows\\\\a.txt', 'a.txt'],
    ['%2e%2e%2fa.txt', '%2e%2e%2fa.txt'],
    ['報告書 🚀.docx', '報告書 🚀.docx'],
    ['cafe\u0301.txt', 'café.txt'],
    ['a\\"b\\".txt', 'a"b".txt'],
    ["a'b;c=d.txt", "a'b;c=d.txt"],
    ['evil\u202Etxt.pdf', 'eviltxt.pdf'],
    ['a\u0000b.txt', 'ab.txt'],
    [`${'x'.repeat(300)}.txt`, `${'x'.repeat(251)}.txt`],
    ['.txt', '.txt'],
  ])('%j is kept as %j, and is never a path', async (sent, kept) => {
    const { status, body } = await form(file(sent, 'named'));
    expect([status, body.filename]).toEqual([201, kept]);
    const answer = await fetch(body.file);
    expect([answer.status, await answer.text()]).toEqual([200, 'named']);
    const disposition = String(answer.headers.get('content-disposition'));
    expect(disposition).toMatch(/^attachment; filename/);
    expect(disposition).toMatch(/^[\x20-\x7e]+$/);
  });
});
