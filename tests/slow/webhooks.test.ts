import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mintKey, revokeKey, setWebhook } from '../../src/core/api_keys/index.ts';
import type { Context } from '../../src/core/context.ts';
import { isPublic, isWithin, lookupWithin } from '../../src/core/webhooks/addresses.ts';
import { deliver, documented, type Pace, sign } from '../../src/core/webhooks/deliver.ts';
import { emit } from '../../src/core/webhooks/emit.ts';
import { flagsOf, turns } from '../../src/core/webhooks/turns.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { type Mage, openMage } from '../support/mage.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

let mage: Mage;
let guarded: Mage;
/** Nobody delivers here, unless a test does. */
let unattended: Mage;
let receiver: Receiver;
let workers: Worker[];

const swift: Pace = { waits: [60, 60, 60, 60], limit: 1_500 };
const urlOf = ({ house }: Mage): string => house.db.client.connectionSettings.connectionString;

beforeAll(async () => {
  [mage, guarded, unattended, receiver] = await Promise.all([
    openMage({ LATCHKEY_PRIVATE_WEBHOOKS: 'true' }),
    openMage(),
    openMage({ LATCHKEY_PRIVATE_WEBHOOKS: 'true' }),
    openReceiver(),
  ]);
  // Two on one database, as two processes are.
  workers = await Promise.all([
    startWorker(mage.house, urlOf(mage), swift),
    startWorker(mage.house, urlOf(mage), swift),
    startWorker(guarded.house, urlOf(guarded), swift),
  ]);
});
afterAll(async () => {
  await Promise.all(workers.map((one) => one.stop()));
  await Promise.all([mage.close(), guarded.close(), unattended.close(), receiver.close()]);
});
afterEach(async () => {
  for (const { house } of [mage, guarded, unattended]) {
    await house.db('api_keys').delete();
    await house.db.raw('select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))');
  }
});

/** A call of one of the account's users to the core. */
function asking({ house, users }: Mage, who: 'owner' | 'editor' = 'owner'): Context {
  const { accountId } = house.installation;
  const principal = { kind: 'user', userId: users[who].id, accountId, roles: ['owner'] } as const;
  return {
    house,
    db: house.db,
    principal,
    asker: { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' },
  };
}

let paths = 0;
/** A key whose webhook is a path of its own at the receiver. It comes silently: nobody is told that it was made. */
async function listener(
  { house, users }: Mage = mage,
  by: 'owner' | 'editor' | 'roleless' = 'owner',
  base = receiver.url,
) {
  paths += 1;
  const path = `/hook-${paths}`;
  const secret = `whsec_${randomBytes(32).toString('hex')}`;
  const [key] = await house
    .db('api_keys')
    .insert({
      ...{ hash: randomBytes(32), prefix: 'mgp_0123', name: path, webhook_url: base + path, webhook_secret: secret },
      ...{ account_id: house.installation.accountId, user_id: users[by].id },
    })
    .returning(['id', 'uuid']);
  return { path, secret, id: key?.id as number, uuid: key?.uuid as string };
}

const news = { pipeline_uuid: 'a', name: 'a', type: 'python' };
const happen = (of: Mage = mage) => emit(asking(of), 'pipeline.updated', news);
const attempts = (id: number, of: Mage = mage) =>
  of.house.db('webhook_deliveries').where({ api_key_id: id }).orderBy('id');
const jobs = async (of: Mage = mage): Promise<number> =>
  Number((await of.house.db.raw('select count(*) from graphile_worker.jobs')).rows[0].count);
const idle = (of: Mage = mage) =>
  vi.waitFor(async () => expect(await jobs(of)).toBe(0), { timeout: 5000, interval: 20 });
const pipeline = (name: string) => mage.call('editor', 'POST', '/pipelines', { pipeline: { name } });

describe('what is sent', () => {
  it('#34 the signature of {} under whsec_test', () => {
    const expected = 'sha256=46bdc2a2e83964bd2695acc6a1f97162d8bafc135a071aa5cd5c99aae5481440';
    expect(sign('whsec_test', '{}')).toBe(expected);
  });

  it('a POST of event, timestamp and data, signed over its bytes with the secret of the key', async () => {
    const { path, secret } = await listener();
    await pipeline('Café 🚀');
    await idle();
    const [{ headers, body } = { headers: {}, body: '' }, ...more] = receiver.received(path);
    expect(more).toEqual([]);
    expect(JSON.parse(body)).toStrictEqual({
      event: 'pipeline.created',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { pipeline_uuid: 'café__', name: 'Café 🚀', type: 'python' },
    });
    const hex = createHmac('sha256', secret).update(Buffer.from(body)).digest('hex');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-magpipe-signature': `sha256=${hex}` });
  });

  it('each thing that happens to the pipelines of the account, and to the keys of the same user', async () => {
    const { path } = await listener(mage, 'editor');
    const other = await listener(mage, 'owner');
    const seen = async () => {
      await idle();
      return receiver.received(path).map(({ body }) => JSON.parse(body) as { event: string; data: object });
    };
    await pipeline('first');
    await mage.call('editor', 'PUT', '/pipelines/first', { pipeline: { name: 'second' } });
    await mage.call('editor', 'DELETE', '/pipelines/second');
    const made = await mintKey(asking(mage, 'editor'), ' ci ', `${receiver.url}/new`);
    await revokeKey(asking(mage, 'editor'), made.uuid);
    const events = await seen();
    const key = { key_id: made.uuid, name: 'ci', key_prefix: made.prefix.slice(0, 8), created_at: made.created_at };
    const [first, second] = ['first', 'second'].map((name) => ({ pipeline_uuid: name, name, type: 'python' }));
    expect(new Map(events.map(({ event, data }) => [event, data]))).toEqual(
      new Map<string, unknown>([
        ['pipeline.created', first],
        ['pipeline.updated', second],
        ['pipeline.deleted', second],
        ['key.created', key],
        ['key.revoked', key],
      ]),
    );
    expect(events).toHaveLength(5);
    expect(JSON.stringify(events)).not.toContain(made.key);
    // Whose keys are whose is nobody else's business, not even in the same account.
    expect(receiver.received(other.path).filter(({ body }) => body.includes('"key.'))).toEqual([]);
    expect(receiver.received(other.path)).toHaveLength(3);
    // The key heard of itself, unless it was revoked before it could.
    expect(receiver.received('/new').filter(({ body }) => body.includes('key.revoked'))).toEqual([]);
  });

  it('nothing of a change that is rolled back', async () => {
    const { path } = await listener();
    const context = asking(mage);
    const undone = mage.house.db.transaction(async (db) => {
      await emit({ ...context, db }, 'pipeline.updated', news);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await happen();
    await idle();
    expect(receiver.received(path)).toHaveLength(1);
  });

  it('nothing of other accounts, and nothing to a user who may not look at this one', async () => {
    const here = await listener();
    const roleless = await listener(mage, 'roleless');
    const [account] = await mage.house.db('accounts').insert({ name: 'elsewhere' }).returning('id');
    const context = asking(mage);
    const elsewhere = { ...context, principal: { kind: 'open', accountId: account?.id as number } as const };
    await emit(elsewhere, 'pipeline.updated', news);
    await happen();
    await idle();
    expect([receiver.received(here.path).length, receiver.received(roleless.path).length]).toEqual([1, 0]);
  });

  it('one statement, and no job, where nobody listens', async () => {
    await mintKey(asking(mage), 'silent');
    const statements: string[] = [];
    const note = ({ sql }: { sql: string }) => void statements.push(sql);
    mage.house.db.client.on('query', note);
    await pipeline('unheard');
    mage.house.db.client.off('query', note);
    expect(statements.filter((sql) => /webhook_url|graphile_worker/.test(sql))).toHaveLength(1);
    expect(await jobs()).toBe(0);
  });

  it('one to each of 20 keys, however many processes deliver', async () => {
    const keys = [];
    for (const by of ['owner', 'editor'] as const) for (let n = 0; n < 10; n += 1) keys.push(await listener(mage, by));
    const before = receiver.received().length;
    await Promise.all([happen(), happen(), happen()]);
    await idle();
    for (const { path, id } of keys) {
      expect([receiver.received(path).length, (await attempts(id)).length]).toEqual([3, 3]);
    }
    expect(receiver.received().length).toBe(before + 60);
  });
});

describe('what comes back', () => {
  it.each([503, 408, 429, 500, 502, 504])('%i: the same bytes again, until they are taken', async (status) => {
    const { path, id } = await listener();
    receiver.replies(path, status, status, 200);
    await happen();
    await idle();
    const sent = receiver.received(path);
    expect(sent.map(({ body, headers }) => [body, headers['x-magpipe-signature']])).toEqual(
      Array(3).fill([sent[0]?.body, sent[0]?.headers['x-magpipe-signature']]),
    );
    const rows = await attempts(id);
    expect(
      rows.map((row) => [row.attempt, row.status_code, row.next_retry_at !== null, row.delivered_at !== null]),
    ).toEqual([
      [1, status, true, false],
      [2, status, true, false],
      [3, 200, false, true],
    ]);
    expect(new Set(rows.map(({ delivery, payload, event }) => [delivery, payload, event].join()))).toHaveProperty(
      'size',
      1,
    );
    expect(rows[0]?.payload).toBe(sent[0]?.body);
  });

  it('five attempts, then it is given up, with a line in the log that has neither URL nor secret', async () => {
    const { path, id, secret } = await listener();
    receiver.replies(path, 503);
    await happen();
    await idle();
    const rows = await attempts(id);
    expect(rows.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(rows[4]).toMatchObject({ delivered_at: null, next_retry_at: null });
    const log = mage.log.join('');
    expect(log).toMatch(new RegExp(`"api_key_id":${id},.*"attempt":5,"status":503,.*"a webhook was given up"`));
    expect([log.includes(secret), log.includes(path)]).toEqual([false, false]);
  });

  it.each([
    ['404: dead at once', 404, false],
    ['501: dead at once', 501, false],
    ['410: stops', 410, false],
    ['204: delivered', 204, true],
    ['302: delivered, and not followed', 302, true],
  ])('%s', async (_promise, status, delivered) => {
    const { path, id } = await listener();
    receiver.replies(path, (response) => response.writeHead(status, { location: `${receiver.url}${path}/next` }).end());
    await happen();
    await idle();
    expect([receiver.received(path).length, receiver.received(`${path}/next`).length]).toEqual([1, 0]);
    const [row, ...more] = await attempts(id);
    expect([row?.status_code, row?.delivered_at !== null, row?.next_retry_at, more]).toEqual([
      status,
      delivered,
      null,
      [],
    ]);
  });

  it('410 says nothing in the log, 404 does', async () => {
    const [gone, wrong] = [await listener(), await listener()];
    receiver.replies(gone.path, 410);
    receiver.replies(wrong.path, 404);
    await happen();
    await idle();
    const given = mage.log.filter((line) => line.includes('given up')).join('');
    expect([given.includes(`"api_key_id":${gone.id},`), given.includes(`"api_key_id":${wrong.id},`)]).toEqual([
      false,
      true,
    ]);
  });

  it('2000 characters of an endless body, without what Postgres cannot keep', async () => {
    const { path, id } = await listener();
    receiver.replies(path, (response) => {
      response.writeHead(200);
      let open = true;
      response.on('close', () => {
        open = false;
      });
      // In a turn of its own each, so that the end of the connection is heard of in between.
      const more = () => open && response.write('é\0'.repeat(5000), () => setImmediate(more));
      more();
    });
    await happen();
    await idle();
    expect(await attempts(id)).toMatchObject([{ status_code: 200, response_body: 'é\uFFFD'.repeat(1000) }]);
  });

  it('no answer in time, and a connection that breaks: again', async () => {
    const [slow, broken] = [await listener(), await listener()];
    receiver.replies(slow.path, () => {}, 200);
    receiver.replies(broken.path, (response) => void response.destroy(), 200);
    await happen();
    await idle();
    const [first, second] = await attempts(slow.id);
    expect([first?.status_code, first?.error, second?.status_code]).toEqual([null, 'No answer within 1.5 s', 200]);
    expect(first?.duration_ms).toBeGreaterThanOrEqual(1_495);
    expect(first?.duration_ms).toBeLessThan(6_000);
    const [third, fourth] = await attempts(broken.id);
    expect([third?.error, fourth?.status_code]).toEqual(['socket hang up', 200]);
  });

  it('a status without the end of its body counts', async () => {
    const { path, id } = await listener();
    receiver.replies(path, (response) => void response.writeHead(200).write('so far'));
    await happen();
    await idle();
    expect(await attempts(id)).toMatchObject([{ status_code: 200, response_body: 'so far', error: null }]);
  });
});

describe('between attempts', () => {
  const failingOnce = async () => {
    const key = await listener();
    receiver.replies(key.path, 503, 200);
    return key;
  };
  /** Makes the second attempt wait until the test has done something. */
  const held = async (key: { path: string; id: number }, meanwhile: () => Promise<unknown>) => {
    receiver.replies(key.path, (response) => void meanwhile().then(() => response.writeHead(503).end()), 200);
    await happen();
    await idle();
  };

  it('a revoked key hears nothing more', async () => {
    const key = await failingOnce();
    await held(key, () => revokeKey(asking(mage), key.uuid));
    expect([receiver.received(key.path).length, (await attempts(key.id)).length]).toEqual([1, 1]);
  });

  it('a cleared URL hears nothing more', async () => {
    const key = await failingOnce();
    await held(key, () => setWebhook(asking(mage), key.uuid, null));
    expect(receiver.received(key.path)).toHaveLength(1);
  });

  it('a changed URL gets the same bytes', async () => {
    const key = await failingOnce();
    await held(key, () => setWebhook(asking(mage), key.uuid, `${receiver.url}${key.path}/moved`));
    const [before] = receiver.received(key.path);
    expect(receiver.received(`${key.path}/moved`).map(({ body }) => body)).toEqual([before?.body]);
  });

  it('5 s, 30 s, 2 min and 10 min pass, give or take a quarter', async () => {
    const { path, id } = await listener(unattended);
    receiver.replies(path, 503);
    const about = { delivery: randomUUID(), key_id: id, event: 'pipeline.updated', body: '{}' };
    const never = new AbortController().signal;
    const told = [];
    for (const attempt of [1, 2, 3, 4, 5]) {
      told.push(await deliver(unattended.house, { ...about, attempt }, documented, never));
    }
    const rows = await attempts(id, unattended);
    const written = rows.map((row) => row.next_retry_at && Date.parse(row.next_retry_at) - Date.parse(row.created_at));
    expect(written).toEqual([...told.slice(0, 4), null]);
    expect(told[4]).toBeUndefined();
    for (const [n, wait] of [5_000, 30_000, 120_000, 600_000].entries()) {
      expect(told[n]).toBeGreaterThanOrEqual(wait * 0.75);
      expect(told[n]).toBeLessThanOrEqual(wait * 1.25);
    }
  });
});

describe('B10: receivers that do not answer', () => {
  it('hold up nobody else, and no other job; all of it is delivered in the end', async () => {
    const own = unattended;
    const held: ServerResponse[] = [];
    let open = false;
    const slow = await Promise.all(Array.from({ length: 5 }, () => listener(own, 'owner')));
    for (const { path } of slow) {
      receiver.replies(path, (response) => void (open ? response.end() : held.push(response)));
    }
    let ran = 0;
    const others = {
      async run() {
        ran += 1;
      },
    };
    const worker = await startWorker(own.house, urlOf(own), { ...swift, limit: 60_000 }, others);
    for (let n = 0; n < 12; n += 1) await happen(own);
    await vi.waitFor(() => expect(held).toHaveLength(6), { timeout: 5000, interval: 20 });

    const { path } = await listener(own, 'editor');
    await happen(own);
    await own.house.db.raw(`select graphile_worker.add_job('run')`);
    await vi.waitFor(() => expect([receiver.received(path).length, ran]).toEqual([1, 1]), {
      timeout: 5000,
      interval: 20,
    });
    const perKey = slow.map((key) => receiver.received(key.path).length);
    expect([Math.max(...perKey), perKey.reduce((sum, one) => sum + one, 0)]).toEqual([2, 6]);

    open = true;
    for (const response of held) response.end();
    await idle(own);
    for (const key of slow) expect(receiver.received(key.path)).toHaveLength(13);
    await worker.stop();
  });

  it('each is bounded: a key, a user, an address, an account, all', () => {
    const { enter, full } = turns();
    const places: (() => void)[] = [];
    const enterAs = (id: number, user_id: number, account_id: number, host: string) => {
      const leave = enter(flagsOf({ id, user_id, account_id, webhook_url: `https://${host}/${id}` }));
      if (leave) places.push(leave);
      return leave !== undefined;
    };
    const most = (next: (n: number) => boolean) => {
      let n = 0;
      while (n < 1000 && next(n)) n += 1;
      for (const leave of places.splice(0)) leave();
      expect(full()).toEqual([]);
      return n;
    };
    expect(most(() => enterAs(1, 1, 1, 'a.example'))).toBe(2);
    expect(most((n) => enterAs(n, 1, 1, `${n}.example`))).toBe(6);
    expect(most((n) => enterAs(n, n, n, 'a.example'))).toBe(10);
    expect(most((n) => enterAs(n, n, 1, `${n}.example`))).toBe(20);
    expect(most((n) => enterAs(n, n, n, `${n}.example`))).toBe(30);
  });
});

describe('when things go wrong here', () => {
  it('what a dead process had in hand is delivered, and what it had delivered is not delivered again', async () => {
    const own = unattended;
    const { db } = own.house;
    const key = await listener(own);
    await happen(own);
    await happen(own);
    const { rows } = await db.raw(`select payload from graphile_worker._private_jobs order by id limit 1`);
    const { delivery, event, body } = rows[0].payload;
    const done = { delivery, event, payload: body, api_key_id: key.id, attempt: 1, duration_ms: 1, status_code: 200 };
    await db('webhook_deliveries').insert(done);
    await db.raw(
      `update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now() - interval '61 seconds'`,
    );
    const worker = await startWorker(own.house, urlOf(own), swift);
    await idle(own);
    expect([receiver.received(key.path).length, (await attempts(key.id, own)).length]).toEqual([1, 2]);
    await worker.stop();
  });

  it('stopping in the middle leaves the delivery in the queue, and the next process makes it', async () => {
    const own = unattended;
    const key = await listener(own);
    receiver.replies(key.path, () => {}, 200);
    const worker = await startWorker(own.house, urlOf(own), { ...swift, limit: 10_000 });
    await happen(own);
    await vi.waitFor(() => expect(receiver.received(key.path)).toHaveLength(1), { timeout: 5000, interval: 20 });
    const began = Date.now();
    await worker.stop();
    expect(Date.now() - began).toBeLessThan(4500);
    expect([await jobs(own), (await attempts(key.id, own)).length]).toEqual([1, 0]);
    await own.house.db.raw('select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), now())');
    const next = await startWorker(own.house, urlOf(own), swift);
    await idle(own);
    expect(await attempts(key.id, own)).toMatchObject([{ attempt: 1, status_code: 200 }]);
    await next.stop();
  });

  it('a lost connection to the database does not end deliveries', async () => {
    const lost = `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'latchkey worker' and datname = current_database()`;
    const listening = `select count(*)::int from pg_stat_activity where application_name = 'latchkey worker'
      and datname = current_database() and query like 'LISTEN%'`;
    await mage.house.db.raw(lost);
    const both = async () => expect((await mage.house.db.raw(listening)).rows[0].count).toBe(2);
    await vi.waitFor(both, { timeout: 5000, interval: 20 });
    const { path } = await listener();
    await happen();
    await idle();
    expect(receiver.received(path)).toHaveLength(1);
  });
});

describe('private addresses', () => {
  it.each([
    ['http://127.0.0.1', '127.0.0.1'],
    ['http://localhost', 'localhost'],
    ['http://2130706433', '127.0.0.1'],
    ['http://[::1]', '::1'],
    ['http://[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['https://169.254.169.254', '169.254.169.254'],
  ])('%s is refused at once, without a connection', async (origin, host) => {
    const before = receiver.connections();
    const port = new URL(receiver.url).port;
    const { id } = await listener(guarded, 'owner', `${origin}:${port}`);
    await happen(guarded);
    await idle(guarded);
    const error = `${host} has no public address`;
    expect(await attempts(id, guarded)).toMatchObject([
      { status_code: null, error, next_retry_at: null, delivered_at: null },
    ]);
    expect(receiver.connections()).toBe(before);
  });

  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.31.255.255',
      '192.0.0.1',
      '192.168.1.1',
    ],
    ...['198.18.0.1', '203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.88.99.1'],
    ...['::', '::1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1'],
    ...['2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd12::1', 'fe80::1', 'fe80::1%lo', 'fec0::1'],
    ...['ff02::1', '5f00::1', 'localhost', ''],
  ])('%s is not public', (address) => expect(isPublic(address)).toBe(false));

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '192.0.1.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2001:4860::1',
  ])('%s is public', (address) => expect(isPublic(address)).toBe(true));

  it.each([
    ['127.0.0.1', true],
    ['127.255.1.2', true],
    ['::1', true],
    ['8.8.8.8', true],
    ['10.0.0.1', false],
    ['169.254.169.254', false],
    ['192.168.1.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.1', false],
    ['fd00::1', false],
    ['fe80::1%lo', false],
    ['localhost', false],
  ])('%s is public, or this very machine: %s', (address, is) => expect(isWithin('machine', address)).toBe(is));

  it('a name is resolved to public addresses or to none, for one address and for all', async () => {
    const resolve = (all: boolean) =>
      new Promise<[string | undefined, string | LookupAddress[]]>((done) =>
        lookupWithin('public')('localhost', { all }, (error, address) => done([error?.code, address])),
      );
    expect([await resolve(true), await resolve(false)]).toEqual([
      ['NOT_PUBLIC', []],
      ['NOT_PUBLIC', []],
    ]);
  });
});
