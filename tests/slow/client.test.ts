import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  Conflict,
  createLatchkey,
  Forbidden,
  Invalid,
  type Latchkey,
  NotFound,
  type SessionTokens,
  Unauthenticated,
} from '../../generated/clients/typescript/index.js';
import { applicationKey } from '../support/house.ts';
import { type Magpipe, openMagpipe, type Person, password } from '../support/magpipe.ts';

let opened: Magpipe;
let url = '';
let person: Person;
let session: SessionTokens;
let latchkey: Latchkey;
let key = '';
const server = createServer((request, response) => opened.app(request, response));

beforeAll(async () => {
  opened = await openMagpipe();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  person = await opened.person();
  session = await createLatchkey({ url }).sessions.create({ email: person.email, password });
  const made = await createLatchkey({ url, session }).keys.create({ name: 'client' });
  key = made.key ?? '';
  latchkey = createLatchkey({ url, apiKey: key, applicationKey });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await opened.close();
});

const caught = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    () => undefined,
    (error) => error,
  );

it('one key opens every API', async () => {
  expect((await latchkey.me.get()).email).toBe(person.email);
  expect((await latchkey.mystic.me.get()).email).toBe(person.email);
  expect((await latchkey.maiagent.users.getCurrent()).email).toBe(person.email);
  expect((await createLatchkey({ url, apiKey: key }).mage.pipelines.list()).pipelines).toEqual([]);
  expect(await latchkey.magpipe.apiKeys.manage({ action: 'list' })).toMatchObject({ keys: expect.anything() });
});

it('Mage has a session of its own', async () => {
  const guest = createLatchkey({ url, applicationKey });
  const { session: own } = await guest.mage.sessions.create({ session: { email: person.email, password } });
  const mage = createLatchkey({ url, applicationKey, mageToken: own.token }).mage;
  expect((await mage.users.list()).users.map(({ email }) => email)).toContain(person.email);
});

it('lists of 25 in pages of 10, on each API that has pages', async () => {
  for (let at = 0; at < 25; at++) await latchkey.pipelines.create({ name: `listed ${at}` });
  const count = async (list: AsyncIterable<unknown>) => {
    let all = 0;
    for await (const _ of list) all += 1;
    return all;
  };
  expect((await latchkey.pipelines.list({ limit: 10 })).results).toHaveLength(10);
  expect(await count(latchkey.pipelines.list({ limit: 10 }))).toBe(25);
  expect(await count(latchkey.maiagent.pipelines.list({ pageSize: '10' }))).toBe(25);
  expect(await count(createLatchkey({ url, apiKey: key }).mage.pipelines.list({ _limit: 10 }))).toBe(25);
});

it('errors are the same classes on every API', async () => {
  const nobody = createLatchkey({ url, apiKey: 'mgp_nobody' });
  for (const call of [
    () => nobody.me.get(),
    () => nobody.mystic.me.get(),
    () => nobody.maiagent.users.getCurrent(),
    () => nobody.mage.users.list(),
    () => nobody.magpipe.apiKeys.manage({ action: 'list' }),
  ])
    expect(await caught(call())).toBeInstanceOf(Unauthenticated);
  const mage = createLatchkey({ url, apiKey: key }).mage;
  for (const call of [
    () => latchkey.pipelines.get('ppl_nowhere'),
    () => latchkey.mystic.pipelines.get('nobody/nothing:v1'),
    () => latchkey.maiagent.pipelines.get('nowhere'),
    () => mage.users.get('999999'),
  ])
    expect(await caught(call())).toBeInstanceOf(NotFound);
  const error = await caught(latchkey.keys.create({ name: '' }));
  expect(error).toBeInstanceOf(Invalid);
  expect(error).toMatchObject({
    fields: { name: [expect.any(String)] },
    requestId: expect.any(String),
    docs: expect.stringContaining('#operation/createKey'),
  });
  expect(await caught(latchkey.me.changePassword({ current_password: password, new_password: 'x' }))).toBeInstanceOf(
    Forbidden,
  );
  const pipeline = await latchkey.pipelines.create({ name: 'conditional' });
  expect(await caught(latchkey.pipelines.update(pipeline.id, { name: 'other' }, { ifMatch: '"old"' }))).toBeInstanceOf(
    Conflict,
  );
});

it('20 MB go up with their progress, and come down as they were', async () => {
  const bytes = new Uint8Array(20 * 1024 * 1024).map((_, at) => at % 251);
  const told: number[] = [];
  const file = await latchkey.files.upload(
    { file: new File([bytes], 'large.bin') },
    {
      onProgress: (sent, total) => {
        expect(total).toBe(bytes.length);
        told.push(sent);
      },
    },
  );
  expect(told.length).toBeGreaterThan(10);
  expect(told.at(-1)).toBe(bytes.length);
  expect(told).toEqual([...told].sort((one, two) => one - two));
  const response = await latchkey.files.download(file.id);
  expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.from(bytes))).toBe(0);
  const plain = await latchkey.mystic.files.create({ pfile: new File(['meow'], 'cat.txt') });
  expect(plain.name).toBe('cat.txt');
});

it('a session that has ended is refreshed once under twenty calls', async () => {
  const fresh = await createLatchkey({ url }).sessions.create({ email: person.email, password });
  const kept: SessionTokens[] = [];
  let refreshes = 0;
  const counting: typeof fetch = (input, init) => {
    if (String(input).endsWith('/sessions/refresh')) refreshes += 1;
    return fetch(input, init);
  };
  const tokens = { access_token: 'eyJ.out.dated', refresh_token: fresh.refresh_token ?? '' };
  const own = createLatchkey({ url, session: tokens, onSession: (next) => kept.push(next), fetch: counting });
  const all = await Promise.all(Array.from({ length: 20 }, () => own.me.get()));
  expect(new Set(all.map(({ email }) => email))).toEqual(new Set([person.email]));
  expect([refreshes, kept.length]).toEqual([1, 1]);
});

it('what is created through a proxy that cuts the answer is there once', async () => {
  let cuts = 2;
  const proxy = createServer((incoming, outgoing) => {
    const { port } = server.address() as AddressInfo;
    const { method, url: path, headers } = incoming;
    const sent = ask({ port, method, path, headers }, (answer) => {
      if (cuts-- > 0) {
        answer.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(sent);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = createLatchkey({ url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, apiKey: key });
  const made = await through.pipelines.create({ name: 'through a proxy' });
  proxy.closeAllConnections();
  proxy.close();
  const found = await latchkey.pipelines.list({ query: 'through a proxy' });
  expect(found.results.map(({ id }) => id)).toEqual([made.id]);
});

it('lines and events are read as they come', async () => {
  const entries: unknown[] = [];
  for await (const entry of latchkey.audit.export()) entries.push(entry);
  expect(entries.length).toBeGreaterThan(0);
  const { name: namespace } = await latchkey.mystic.me.get().then(({ teams }) => teams?.[0] ?? { name: '' });
  const none = { input_variables: [], output_variables: [] };
  const image = 'localhost:5000/someone/followed:0123456789ab';
  const pipeline = await latchkey.mystic.pipelines.create({ name: `${namespace}/followed`, image, ...none });
  // Nobody takes it, so it has ended.
  const refused = await caught(latchkey.mystic.runs.create({ pipeline: pipeline.id, inputs: [] }));
  const run = (refused?.body ?? {}) as { id: string };
  const seen: string[] = [];
  for await (const { event } of latchkey.runs.followLog(run.id)) seen.push(event);
  expect(seen.at(-1)).toBe('end');
});

it('a key that was revoked opens nothing', async () => {
  const { id, key: secret } = await latchkey.keys.create({ name: 'short' });
  const short = createLatchkey({ url, apiKey: secret ?? '' });
  await short.me.get();
  await latchkey.keys.revoke(id);
  expect(await caught(short.me.get())).toBeInstanceOf(Unauthenticated);
});
