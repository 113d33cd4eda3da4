import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, makeSessionToken } from '../../src/core/api_keys/form.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, unknownKey } from '../support/magpipe.ts';

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [github, stranger] = [pair(), pair()];
const pem = ({ publicKey }: typeof github) => publicKey.export({ type: 'spki', format: 'pem' });

let keys: Server;
let published: object;
let asked = 0;
let latchkey: Latchkey;
let person: Person;
let session: string;
beforeAll(async () => {
  keys = createServer((_request, response) => {
    asked += 1;
    response.writeHead(published ? 200 : 500).end(JSON.stringify(published ?? {}));
  }).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  published = { public_keys: [{ key_identifier: 'one', key: pem(github), is_current: true }] };
  const url = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100', LATCHKEY_GITHUB_KEYS_URL: url });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(async () => {
  keys.close();
  await latchkey.close();
});

const found = (token: string, url = 'https://github.com/example/repo/blob/main/.env') => ({
  token,
  type: 'latchkey_api_key',
  url,
  source: 'content',
});
const path = '/secret-scanning/github';
const signedBy = (text: string, { privateKey } = github, id = 'one') => ({
  'Content-Type': 'application/json',
  'Github-Public-Key-Identifier': id,
  'Github-Public-Key-Signature': sign('sha256', Buffer.from(text), privateKey).toString('base64'),
});
/** As GitHub writes it: not as JSON.stringify would. */
const written = (all: object[]) => `[ ${all.map((one) => JSON.stringify(one)).join(' ,\n')} ]`;
const tell = (all: object[], headers?: object, of = latchkey) => {
  const text = written(all);
  return of.ask(undefined, 'POST', path, text, headers ?? signedBy(text));
};
const me = async (key: string, of = latchkey) => (await of.ask(key, 'GET', '/me')).status;
const log = async (subject: string) =>
  (await latchkey.ask(session, 'GET', `/audit?subject=${subject}`)).body.results.filter(
    ({ action }: Body) => action !== 'key_minted',
  );

describe('GitHub', () => {
  it('checks 34, 36 and 37: what it has found is revoked, its owner is told, and each is answered for', async () => {
    const [one, two] = [await latchkey.made(session), await latchkey.made(session)];
    const none = unknownKey();
    const { status, body } = await tell([found(one.key), { token: two.key, type: 'latchkey_api_key' }, found(none)]);
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    expect([status, body]).toEqual([
      200,
      [
        { token_hash: sha(one.key), token_type: 'latchkey_api_key', label: 'true_positive' },
        { token_hash: sha(two.key), token_type: 'latchkey_api_key', label: 'true_positive' },
        { token_hash: sha(none), token_type: 'latchkey_api_key', label: 'false_positive' },
      ],
    ]);
    expect([await me(one.key), await me(two.key)]).toEqual([401, 401]);
    const { body: shown } = await latchkey.ask(session, 'GET', `/keys/${one.id}`);
    expect(shown).toMatchObject({ state: 'revoked', leaked_at: expect.any(String) });
    expect(await log(one.id)).toMatchObject([
      { action: 'key_revoked', user: { name: person.email }, key: null },
      {
        action: 'key_leaked',
        details: {
          by: 'github',
          action: 'revoked',
          source: 'content',
          url: 'https://github.com/example/repo/blob/main/.env',
        },
      },
    ]);
    const again = await tell([found(one.key)]);
    expect(again.body[0].label).toBe('true_positive');
    expect(await log(one.id)).toHaveLength(2);
  });

  it('check 35: a wrong signature, an unknown key, a byte that is another one, a header that is missing: refused, and nothing is revoked', async () => {
    const { key } = await latchkey.made(session);
    const all = [found(key)];
    const text = written(all);
    const { 'Github-Public-Key-Identifier': _, ...noName } = signedBy(text);
    const { 'Github-Public-Key-Signature': __, ...noSignature } = signedBy(text);
    const refused = [
      signedBy(text, stranger),
      signedBy(text, github, 'two'),
      signedBy(`${text} `),
      signedBy(JSON.stringify(all)),
      { ...signedBy(text), 'Github-Public-Key-Signature': 'no signature' },
      { ...signedBy(text), 'Github-Public-Key-Signature': '' },
      noName,
      noSignature,
    ];
    for (const headers of refused) expect([(await tell(all, headers)).status, await me(key)]).toEqual([401, 200]);
    const noJson = await latchkey.ask(undefined, 'POST', path, '{', signedBy('{'));
    expect(noJson.status).toBe(400);
    expect((await tell([{ type: 'x' }])).body).toEqual({ 0: { token: ['This field is required.'] } });
    // Whoever is signed in is not GitHub.
    expect((await latchkey.ask(session, 'POST', path, all)).status).toBe(401);
  });

  it('its keys are asked for once, and not again for each name that nobody knows; without them it is 503, and with them again 200', async () => {
    const text = written([found(unknownKey())]);
    const before = asked;
    await Promise.all([1, 2, 3].map(() => tell([found(unknownKey())])));
    for (const id of ['a', 'b', 'c']) await tell([], signedBy('[  ]', github, id));
    expect(asked - before).toBe(0);
    const url = latchkey.house.config.githubKeysUrl;
    const kept = published;
    const twin = await latchkey.twin({ githubKeysUrl: url });
    const ask = async () => {
      const { status } = await twin.send('POST', `/v1${path}`, { headers: signedBy(text), body: text });
      return status;
    };
    published = undefined as unknown as object;
    expect(await ask()).toBe(503);
    published = { public_keys: [{ key_identifier: 'one', key: 'no key' }] };
    expect(await ask()).toBe(503);
    published = kept;
    const count = asked;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
    expect(asked - count).toBe(1);
  });
});

describe('anybody', () => {
  const report = (body: object, of = latchkey) => of.ask(undefined, 'POST', '/keys/leaked', body);

  it('who has a key may have it revoked; what is not ours is said to be unknown', async () => {
    const { key, id } = await latchkey.made(session);
    const url = `https://paste.example/?q=${key}`;
    expect((await report({ key, url })).body).toEqual({ known: true, action: 'revoked' });
    expect(await me(key)).toBe(401);
    const rows = await log(id);
    expect(rows[1]).toMatchObject({
      action: 'key_leaked',
      details: { by: 'anybody', url: 'https://paste.example/?q=…' },
    });
    expect(JSON.stringify(rows)).not.toContain(key.slice(12));
    expect((await report({ key })).body).toEqual({ known: false, action: null });
    expect((await report({ key: unknownKey() })).body).toEqual({ known: false, action: null });
    expect((await report({ key: 'no key at all' })).body).toEqual({ known: false, action: null });
    expect((await report({})).body).toEqual({ key: ['This field is required.'] });
  });

  it('a session of the command line ends', async () => {
    const opened = await latchkey.send('POST', '/v4/sessions', {
      body: { email: person.email, password: 'Water lightning 1', name: 'laptop' },
    });
    const token = opened.body.token ?? opened.body.value;
    expect(await me(token)).toBe(200);
    expect((await report({ key: token })).body).toEqual({ known: true, action: 'revoked' });
    expect(await me(token)).toBe(401);
    expect((await report({ key: makeSessionToken() })).body.known).toBe(false);
  });

  it('check 95: who guesses is held back', async () => {
    const few = await latchkey.twin({ failuresPerMinute: 3 });
    const guess = () => few.send('POST', '/v1/keys/leaked', { body: { key: unknownKey() } });
    const statuses = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await guess()).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('LATCHKEY_LEAKED_KEYS=flag: the key works on, its owner is told once', async () => {
    const flagging = await latchkey.twin({ leakedKeys: 'flag' });
    const { key, id } = await latchkey.made(session);
    const ask = () => flagging.send('POST', '/v1/keys/leaked', { body: { key } });
    expect((await ask()).body).toEqual({ known: true, action: 'flagged' });
    expect((await ask()).body).toEqual({ known: true, action: 'flagged' });
    expect(await me(key)).toBe(200);
    const { body } = await latchkey.ask(session, 'GET', `/keys/${id}`);
    expect(body).toMatchObject({ state: 'active', leaked_at: expect.any(String) });
    expect((await log(id)).map(({ action }: Body) => action)).toEqual(['key_leaked']);
  });

  it('the other keys of its user hear of it by webhook', async () => {
    const webhook_url = 'https://receiver.test/';
    await latchkey.manage(session, { action: 'generate', name: 'listens', webhook_url });
    const { key } = await latchkey.made(session);
    const jobs = async () => {
      const { rows } = await latchkey.house.db.raw(
        `select payload ->> 'event' as event from graphile_worker._private_jobs where payload ->> 'body' like '%' || ? || '%' order by id`,
        [key.slice(0, 8)],
      );
      return rows.map(({ event }: Body) => event);
    };
    await report({ key });
    expect(await jobs()).toEqual(expect.arrayContaining(['key.leaked', 'key.revoked']));
  });
});

it('check 38: the published expressions match every key of ours, and no hash without our prefix', () => {
  const [mgp, lks] = [/mgp_[0-9a-f]{40}/, /lks_[0-9a-f]{40}/];
  for (let n = 0; n < 1_000; n += 1) {
    expect(makeKey()).toMatch(mgp);
    expect(makeSessionToken()).toMatch(lks);
  }
  const hashes = Array.from({ length: 10_000 }, (_, n) => createHash('sha1').update(String(n)).digest('hex'));
  const corpus = hashes.map((hash, n) => `${hash} ${hashes[(n * 7) % 10_000]}\tmgp ${hash}_mgp`).join('\n');
  expect(corpus).not.toMatch(mgp);
  expect(corpus).not.toMatch(lks);
});
