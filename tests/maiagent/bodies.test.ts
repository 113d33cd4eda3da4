import { readFileSync } from 'node:fs';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { app, errors, seen, send } from './things.ts';

describe('what is read leniently', () => {
  it.each<[sent: object, read: object]>([
    [{ name: 12 }, { name: '12' }],
    [{ name: '  Ada\n' }, { name: 'Ada' }],
    [{ secret: ' a b ' }, { secret: ' a b ' }],
    [{ maxCount: '7' }, { max_count: 7 }],
    [{ maxCount: ' 7.00 ' }, { max_count: 7 }],
    [{ maxCount: 7.0 }, { max_count: 7 }],
    [{ max_count: 7 }, { max_count: 7 }],
    [{ max_count: 'x', maxCount: 8 }, { max_count: 8 }],
    [{ ratio: '1e-1' }, { ratio: 0.1 }],
    [{ ratio: '.5' }, { ratio: 0.5 }],
    [{ on: 'true' }, { on: true }],
    [{ on: 'Off' }, { on: false }],
    [{ on: 1 }, { on: true }],
    [{ on: '0' }, { on: false }],
    [{ maybe: null }, { maybe: null }],
    [{ maybe: '' }, { maybe: '' }],
    [{ some: ['1', 2] }, { some: [1, 2] }],
    [{ meta: { camelCase: 1, snake_case: { deepName: 2 } } }, { meta: { camelCase: 1, snake_case: { deepName: 2 } } }],
    [{ inner: { content: 1, size_now: '2' } }, { inner: { content: '1', size_now: 2 } }],
    [{ unknown: 1, camelCase: 2 }, {}],
  ])('%j is %j', async (sent, read) => {
    expect(await errors(sent)).toBeUndefined();
    expect(seen.body).toEqual({ name: 'Ada', ...read });
  });

  it('a form', async () => {
    const { status } = await send('name=+Ada&max_count=3&on=yes&a=b', '/things/', 'application/x-www-form-urlencoded');
    expect([status, seen.body]).toEqual([200, { name: 'Ada', max_count: 3, on: true }]);
    const { body } = await send('name=&maxCount=x', '/things/', 'application/x-www-form-urlencoded');
    expect(body).toEqual({ name: ['This field may not be blank.'], maxCount: ['A valid integer is required.'] });
  });
});

describe('a body that cannot be read', () => {
  const python = JSON.parse(readFileSync(new URL('json.errors.json', import.meta.url), 'utf8')) as [string, string][];
  it.each(python)('#34 %j: %s', async (body, sentence) => {
    const { status, body: answered } = await send(body);
    expect([status, answered]).toEqual([400, { detail: `JSON parse error - ${sentence}` }]);
  });

  it('#34 deep and long ones, soon', async () => {
    const before = performance.now();
    const sentence = /^JSON parse error - [EU]|^The body is nested/;
    for (const body of [
      '['.repeat(90_000),
      '{"a":'.repeat(90),
      `["${'a'.repeat(90_000)}`,
      `[${'1,'.repeat(400_000)}`,
    ]) {
      const { status, body: told } = await send(body);
      expect([status, told]).toEqual([400, { detail: expect.stringMatching(sentence) }]);
    }
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('B24: fields may come in any form, as Django REST framework takes them', async () => {
    const form = 'multipart/form-data; boundary=x';
    const part = (name: string, value: string) =>
      `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--x--\r\n`;
    expect((await send(part('name', ' Ada '), '/things/', form)).status).toBe(200);
    expect((await send(part('nom', 'Ada'), '/things/', form)).body).toEqual({ name: ['This field is required.'] });
    expect((await send('--x--', '/things/', form)).status).toBe(400);
    expect((await send('nothing of the kind', '/things/', form)).status).toBe(400);
    const noFile = ['No file was submitted.'];
    const notAFile = ['The submitted data was not a file. Check the encoding type on the form.'];
    expect((await send('{}', '/forms/')).body).toEqual({ file: noFile });
    expect((await send('{"file": "x"}', '/forms/')).body).toEqual({ file: notAFile });
    expect((await send('file=x', '/forms/', 'application/x-www-form-urlencoded')).body).toEqual({ file: notAFile });
  });

  it('B24: NaN and the infinities are numbers that no field takes', async () => {
    expect((await send('NaN')).body).toEqual({
      nonFieldErrors: ['Invalid data. Expected a dictionary, but got float.'],
    });
  });

  it('A8: what is no UTF-8 is said as Python says it', async () => {
    const at = async (bytes: number[]) => {
      const raw = Buffer.concat([Buffer.from('{"name": "caf'), Buffer.from(bytes), Buffer.from('"}')]);
      const { status, body } = await request(app)
        .post('/things/')
        .set('Content-Type', 'application/json')
        .serialize((sent: unknown) => sent as never)
        .send(raw as never);
      return [status, body.detail];
    };
    const said = (words: string) => [400, `JSON parse error - 'utf-8' codec can't decode ${words}`];
    expect(await at([0xe9])).toEqual(said('byte 0xe9 in position 13: invalid continuation byte'));
    expect(await at([0xff])).toEqual(said('byte 0xff in position 13: invalid start byte'));
    expect(await at([0xe6, 0x97])).toEqual(said('bytes in position 13-14: invalid continuation byte'));
  });

  it('415, by the type that was sent; 413', async () => {
    const unsupported = (type: string) => [415, { detail: `Unsupported media type "${type}" in request.` }];
    for (const type of ['text/plain', 'application/xml', 'application/json5']) {
      const { status, body } = await send('{"name": "Ada"}', '/things/', type);
      expect([status, body]).toEqual(unsupported(type));
    }
    const { status, body } = await send(JSON.stringify({ name: 'x'.repeat(1024 * 1024) }));
    expect([status, body]).toEqual([413, { detail: 'Request entity too large.' }]);
  });
});
