import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Maiagent, openMaiagent } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
  const { db, installation } = mai.house;
  const named = (n: number) => ({ account_id: installation.accountId, uuid: `p${n}`, name: `pipe ${n} & more` });
  await db('pipelines').insert(Array.from({ length: 25 }, (_, n) => named(n)));
  const { accountId } = mai.users.neighbour;
  await db('pipelines').insert({ account_id: accountId, uuid: 'foreign', name: 'foreign' });
});
afterAll(() => mai.close());

const page = async (query: string, path = '/pipelines/') => (await mai.send('viewer', 'GET', path, { query })).body;
const sizes = async (query: string) => (await page(query)).results.length;
const invalid = { detail: 'Invalid page.' };

describe('a page', () => {
  it('#11 has count, an absolute next with the size in it, and no previous on the first', async () => {
    const first = await page('?page=1&pageSize=10');
    expect(Object.keys(first)).toEqual(['count', 'next', 'previous', 'results']);
    expect([first.count, first.results.length, first.previous]).toEqual([25, 10, null]);
    expect(first.next).toBe(`${mai.url}/pipelines/?page=2&pageSize=10`);
  });

  it('#12 the second: both links; the previous one has no page', async () => {
    const second = await page('?page=2&pageSize=10');
    expect(second).toMatchObject({
      count: 25,
      next: `${mai.url}/pipelines/?page=3&pageSize=10`,
      previous: `${mai.url}/pipelines/?pageSize=10`,
    });
    expect(second.results).toHaveLength(10);
  });

  it('#13 the third: the rest, no next', async () => {
    const third = await page('?page=3&pageSize=10');
    expect([third.results.length, third.next, third.previous]).toEqual([
      ...[5, null],
      `${mai.url}/pipelines/?page=2&pageSize=10`,
    ]);
  });

  it.each(['4', '0', '-1', 'abc', '1.0', '1e0', '99999999999999999999', 'Last', 'first', '0x1', 'NaN', '%00', '[]'])(
    '#14 page=%s is not there',
    async (number) => {
      const { status, body } = await mai.send('viewer', 'GET', '/pipelines/', { query: `?page=${number}&pageSize=10` });
      expect([status, body]).toEqual([404, invalid]);
    },
  );

  it('#15 of nothing', async () => {
    const empty = { count: 0, next: null, previous: null, results: [] };
    expect(await page('', '/attachments/')).toEqual(empty);
    for (const query of ['?page=1', '?page=last', '?page=']) expect(await page(query, '/attachments/')).toEqual(empty);
    expect(await page('?page=2', '/attachments/')).toEqual(invalid);
    expect(await page('?query=nothing like it')).toEqual(empty);
  });

  it.each([
    ['', 20],
    ['?pageSize=0', 20],
    ['?pageSize=-5', 20],
    ['?pageSize=abc', 20],
    ['?pageSize=', 20],
    ['?pageSize=1.5', 20],
    ['?pageSize=1e1', 20],
    ['?pageSize=7', 7],
    ['?pageSize=%207%20', 7],
    ['?pageSize=101', 25],
    ['?pageSize=99999999999999999999', 25],
    ['?pageSize=3&pageSize=4', 4],
    ['?page=', 20],
    ['?page=%201%20', 20],
    ['?page=9&page=1', 20],
  ])('%s: %i results', async (query, expected) => expect(await sizes(query)).toBe(expected));

  it('more than 100 is 100', async () => {
    const { db } = mai.house;
    const rows = Array.from({ length: 80 }, (_, n) => ({
      account_id: mai.users.owner.accountId,
      uuid: `q${n}`,
      name: 'q',
    }));
    await db('pipelines').insert(rows);
    const { count, results, next } = await page('?pageSize=500');
    expect([count, results.length, next]).toEqual([105, 100, `${mai.url}/pipelines/?page=2&pageSize=500`]);
    await db('pipelines').where({ name: 'q' }).delete();
  });

  it('#17 page_size is pageSize, and is kept as it was written', async () => {
    const five = await page('?page_size=5');
    expect([five.results.length, five.next]).toEqual([5, `${mai.url}/pipelines/?page=2&page_size=5`]);
    expect(five.results).toEqual((await page('?pageSize=5')).results);
  });

  it('#18 page=last is the last one', async () => {
    expect(await page('?page=last&pageSize=10')).toEqual(await page('?page=3&pageSize=10'));
    expect((await page('?page=last&pageSize=25')).results).toHaveLength(25);
    expect((await page('?page=last')).results).toHaveLength(5);
  });

  it('following next from the first page gives each row once, the newest first', async () => {
    const seen: string[] = [];
    const headers = { Authorization: `Api-Key ${mai.users.viewer.key}` };
    for (let url = `${mai.url}/pipelines/?pageSize=4&query=pipe`; url; ) {
      const body = (await (await fetch(url, { headers })).json()) as { results: { name: string }[]; next: string };
      seen.push(...body.results.map(({ name }) => name));
      url = body.next;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `pipe ${24 - n} & more`));
  });

  it("neither rows nor counts are another account's", async () => {
    expect((await mai.send('neighbour', 'GET', '/pipelines/')).body).toMatchObject({ count: 1, next: null });
    expect((await page('?query=foreign')).count).toBe(0);
  });
});

describe('links', () => {
  it('keep the other parameters, whatever is in them, also those that nobody knows', async () => {
    const { next } = await page('?query=%26%20more&pageSize=1&b=%C3%BC&a=1&a=2&empty=');
    const { searchParams } = new URL(next);
    expect([...searchParams]).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', 'ü'],
      ['empty', ''],
      ['page', '2'],
      ['pageSize', '1'],
      ['query', '& more'],
    ]);
  });

  it.each(['api_key', 'apiKey', 'api-key', 'key', 'token', 'access_token', 'OAUTH-TOKEN', 'password', 'signature'])(
    'do not hand %s on',
    async (name) => {
      const secret = 'mgp_0000000000000000000000000000000000000000';
      const { next, previous } = await page(`?page=2&pageSize=2&${name}=${secret}`);
      expect(next).toBe(`${mai.url}/pipelines/?page=3&pageSize=2`);
      expect(previous).toBe(`${mai.url}/pipelines/?pageSize=2`);
    },
  );

  it('lead to the host that was asked; A6: what is none is 400 in the envelope', async () => {
    const port = Number(new URL(mai.url).port);
    const ask = async (target: string, host: string) => {
      const socket = connect(port, '127.0.0.1');
      const key = `Authorization: Api-Key ${mai.users.viewer.key}`;
      socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${key}\r\nConnection: close\r\n\r\n`);
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      await once(socket, 'close');
      return JSON.parse(answer.split('\r\n\r\n')[1] as string);
    };
    const path = '/api/v1/pipelines/?pageSize=1';
    expect((await ask(path, 'keys.example.com:8443')).next).toMatch(
      /^http:\/\/keys\.example\.com:8443\/api\/v1\/pipelines\/\?/,
    );
    expect((await ask(path, 'evil/x?y')).detail).toContain('is no host');
  });

  it('are the address that was asked, with or without its slash', async () => {
    expect((await page('?pageSize=20', '/pipelines')).next).toMatch(/\/pipelines\/?\?page=2&pageSize=20$/);
  });
});
