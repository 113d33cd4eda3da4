import pino from 'pino';
import request from 'supertest';
import { beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { House } from '../../src/core/house.ts';
import { bare } from '../../src/wire/express.ts';
import { mount } from '../../src/wire/mount.ts';
import { library, seen } from './library.ts';

const lines: string[] = [];
const log = pino({}, { write: (line: string) => void lines.push(line) });
const limits = { failed: async (_address: string, refusal: unknown) => refusal };
const house = { log, limits, checkResponses: true, config: readConfig({}) } as unknown as House;
const appOf = async (handlers = {}) => bare().use('/library', await mount(library(handlers), house));
const app = await appOf();
const badge = { 'x-badge': 'good' };

beforeEach(() => {
  seen.length = 0;
  lines.length = 0;
});

describe('what a contract says of its operations', () => {
  const shelf = () => request(app).put('/library/books/7/shelf').set(badge);

  it('428 where If-Match is required and is not sent', async () => {
    const answer = await shelf();
    expect([answer.status, answer.body.error]).toEqual([428, 'Send If-Match with the ETag that you have read.']);
    expect((await shelf().set('If-Match', '"1"')).status).toBe(200);
  });

  it('check 114: one that goes away says so in every answer, and no other does', async () => {
    for (const { headers } of [
      await shelf(),
      await shelf().set('If-Match', '*'),
      await shelf().set('x-badge', 'bad'),
    ]) {
      expect([headers.deprecation, headers.sunset]).toEqual(['@1767225600', 'Fri, 01 Jan 2027 00:00:00 GMT']);
      expect(headers.link).toContain('</docs/shelves>; rel="deprecation"; type="text/html"');
    }
    const { headers } = await request(app).get('/library/books').set(badge);
    expect([headers.deprecation, headers.sunset, headers['server-timing']]).toEqual([undefined, undefined, undefined]);
  });

  it('in development an answer says how long each of its steps took', async () => {
    const config = { ...house.config, development: true };
    const slow = bare().use('/library', await mount(library(), { ...house, config }));
    const { headers } = await request(slow).get('/library/books').set(badge);
    expect(headers['server-timing']).toMatch(
      /^(caller|request|work|rest);dur=[\d.]+(, \w+;dur=[\d.]+){3}, total;dur=[\d.]+$/,
    );
    const refused = await request(slow).get('/library/books').set('x-badge', 'bad');
    expect(refused.headers['server-timing']).toMatch(/^rest;dur=[\d.]+, total;dur=[\d.]+$/);
  });
});

describe('what a request may be', () => {
  it('404 in the envelope, for a path that the contract does not know', async () => {
    for (const path of ['/magazines', '/books/1/pages', '/books/', '//books', '/']) {
      const answer = await request(app).get(`/library${path}`).set(badge);
      expect([path, answer.status, answer.body]).toEqual([path, 404, { error: 'Not found.' }]);
    }
  });

  it('405 with Allow, before any credential is asked for', async () => {
    const answer = await request(app).delete('/library/books');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    expect(seen).toEqual([]);
  });

  it('HEAD is GET without a body', async () => {
    const answer = await request(app).head('/library/books/7').set(badge);
    expect([answer.status, answer.text]).toEqual([200, undefined]);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
  });

  it('OPTIONS is 204 with the CORS headers, without a credential', async () => {
    const answer = await request(app).options('/library/books').set('Origin', 'https://example.com');
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, '*']);
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
  });

  it('a literal path wins over a parameter, wherever it stands in the contract', async () => {
    expect((await request(app).get('/library/books/new')).body).toEqual({ id: 0, title: 'New' });
  });

  it('406 for an Accept that excludes JSON; absent, */* and application/* are fine', async () => {
    expect((await request(app).get('/library/books').set(badge).set('Accept', 'text/csv')).status).toBe(406);
    for (const accept of ['*/*', 'application/*', 'text/html, */*;q=0.1']) {
      expect((await request(app).get('/library/books').set(badge).set('Accept', accept)).status).toBe(200);
    }
  });

  it('415 for a content type that the operation does not take, naming what it takes', async () => {
    const answer = await request(app).post('/library/books').set(badge).type('text/xml').send('<book/>');
    expect(answer.status).toBe(415);
    expect(answer.body.error).toContain('send application/json');
  });

  it('415 for an unknown charset or encoding', async () => {
    const post = () => request(app).post('/library/books').set(badge);
    expect((await post().set('Content-Type', 'application/json; charset=klingon').send('{}')).status).toBe(415);
    expect((await post().type('json').set('Content-Encoding', 'zip').send('{}')).status).toBe(415);
  });

  it('413 for a body over a mebibyte', async () => {
    const answer = await request(app)
      .post('/library/books')
      .set(badge)
      .type('json')
      .send(`"${'x'.repeat(1024 * 1024)}"`);
    expect([answer.status, answer.body.error]).toEqual([413, 'The body is larger than 1048576 bytes.']);
  });

  it('400 for malformed JSON, and for an empty body where one is required', async () => {
    const post = () => request(app).post('/library/books').set(badge).type('json');
    expect((await post().send('{"id": 1,')).body).toEqual({ error: 'The body is not valid JSON.' });
    for (const answer of [await post().send(''), await request(app).post('/library/books').set(badge)]) {
      expect(answer.status).toBe(400);
    }
  });

  it.each([129, 100_000])('400 for a body that is %i levels deep, before anything walks through it', async (levels) => {
    const post = () => request(app).post('/library/books').set(badge).type('json');
    const answer = await post().send('['.repeat(levels) + ']'.repeat(levels));
    expect([answer.status, answer.body.error]).toEqual([400, 'The body is nested more than 128 levels deep.']);
    const harmless = await post().send(JSON.stringify({ id: 1, title: '\\"[[', note: '['.repeat(300) }));
    expect(harmless.body.fields).toEqual({ note: ['is not a known attribute'] });
  });

  it('400 names every wrong field at once', async () => {
    const answer = await request(app)
      .post('/library/books')
      .set(badge)
      .send({ id: 'x', title: 'y'.repeat(21), colour: 'red' });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body.fields).sort()).toEqual(['colour', 'id', 'title']);
  });

  it('400 for a query parameter that the contract does not know, and for a bad value of one that it does', async () => {
    const list = (query: string) => request(app).get(`/library/books${query}`).set(badge);
    expect((await list('?colour=red')).body.fields).toHaveProperty('colour');
    expect((await list('?limit=51')).body.fields).toHaveProperty('limit');
    expect((await list('?tag[]=new,lost')).status).toBe(400);
  });

  it('bracketed, repeated, reserved and defaulted query parameters reach the handler', async () => {
    await request(app).get('/library/books?tag[]=new,old&q=a:b[c]').set(badge);
    expect(seen.at(-1)).toMatchObject({ query: { limit: 10, 'tag[]': ['new', 'old'], q: 'a:b[c]' } });
    await request(app).get('/library/books?tag[]=new&tag[]=old').set(badge);
    expect(seen.at(-1)).toMatchObject({ query: { 'tag[]': ['new', 'old'] } });
    await request(app).get('/library/books?tag%5B%5D=new').set(badge);
    expect(seen.at(-1)).toMatchObject({ query: { 'tag[]': ['new'] } });
  });

  it('path parameters reach the handler typed and decoded; malformed ones are 400', async () => {
    await request(app).get('/library/books/%37').set(badge);
    expect(seen.at(-1)).toMatchObject({ id: 7 });
    expect((await request(app).get('/library/books/seven').set(badge)).body.fields).toHaveProperty('id');
    expect((await request(app).get('/library/books/%E0%A4%A').set(badge)).status).toBe(400);
  });
});

describe('credentials', () => {
  it('are asked in the order of the contract, each scheme once, and the first whole alternative decides', async () => {
    await request(app).get('/library/books').set({ 'x-key': 'good', 'x-badge': 'good' });
    expect(seen.slice(0, 2)).toEqual(['key', 'badge']);
    seen.length = 0;
    await request(app).get('/library/books').set({ 'x-key': 'good' });
    expect(seen.slice(0, -1)).toEqual(['key', 'badge']);
  });

  it('401 with its own sentence and headers, for one that does not hold, even beside one that does', async () => {
    const answer = await request(app).get('/library/books').set({ 'x-key': 'bad', 'x-badge': 'good' });
    expect([answer.status, answer.body.error, answer.headers['www-authenticate']]).toEqual([401, 'bad key', 'Key']);
  });

  it('401 without any, and none needed where the contract says so', async () => {
    expect((await request(app).get('/library/books')).status).toBe(401);
    expect((await request(app).get('/library/books/new')).status).toBe(200);
    expect(seen.at(-1)).toMatchObject({ page: { offset: 0 } });
  });

  it('401 comes before 400: who is not let in learns nothing of the contract', async () => {
    expect((await request(app).post('/library/books').send({ id: 'x' })).status).toBe(401);
  });

  it('check 60: a scheme without an authenticator does not start', () => {
    return expect(mount({ ...library(), authenticate: {} }, house)).rejects.toThrow(
      'the security scheme key has no authenticator',
    );
  });
});

describe('answers', () => {
  it('the status is the one success that the contract declares', async () => {
    const answer = await request(app).post('/library/books').set(badge).send({ id: 1, title: 'One' });
    expect([answer.status, answer.body]).toEqual([201, { id: 1, title: 'One' }]);
  });

  it('check 87: an answer that breaks the contract is an error in the envelope, and logged', async () => {
    const leaky = await appOf({ getBook: async () => ({ id: 1, title: 'One', secret: 'x' }) });
    const answer = await request(leaky).get('/library/books/1').set(badge);
    expect([answer.status, answer.type]).toEqual([500, 'application/json']);
    expect(answer.text).not.toContain('secret');
    expect(lines.join()).toContain('Something went wrong');
  });

  it('an error body that breaks the contract still leaves in the envelope', async () => {
    const surface = library();
    surface.envelope.failure = ({ kind }) => ({ status: kind === 'internal' ? 500 : 400, body: { wrong: kind } });
    const answer = await request(bare().use('/library', await mount(surface, house)))
      .post('/library/books')
      .set(badge)
      .send({});
    expect([answer.status, answer.type]).toEqual([400, 'application/json']);
  });

  it('an uncaught error says nothing of itself, and is logged with its cause', async () => {
    const broken = await appOf({
      getBook: async () => {
        throw new Error('select password from users');
      },
    });
    const answer = await request(broken).get('/library/books/1').set(badge);
    expect([answer.status, answer.body]).toEqual([500, { error: 'Something went wrong on our side.' }]);
    expect(lines.join()).toContain('select password');
  });

  it('no ETag where the contract declares none', async () => {
    const answer = await request(app)
      .get('/library/books/1')
      .set({ ...badge, 'If-None-Match': '*' });
    expect([answer.status, answer.headers.etag]).toEqual([200, undefined]);
  });

  it('says nothing of the framework', async () => {
    expect((await request(app).get('/library/books').set(badge)).headers).not.toHaveProperty('x-powered-by');
  });

  it('an operation without a handler does not start', () => {
    const { getBook: _, ...rest } = library().handlers;
    return expect(mount({ ...library(), handlers: rest }, house)).rejects.toThrow('getBook has no handler');
  });
});
