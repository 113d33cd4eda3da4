import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune, pruneDaily } from '../../src/core/retention.ts';
import { type Magpipe, openMagpipe, type Person } from '../support/magpipe.ts';

let magpipe: Magpipe;
let person: Person;

beforeAll(async () => {
  magpipe = await openMagpipe({ LATCHKEY_KEEP_SESSIONS_DAYS: '30', LATCHKEY_KEEP_AUDIT_DAYS: '400' });
  person = await magpipe.person();
});
afterAll(() => magpipe.close());

const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const hash = (index: number) => Buffer.from(String(index).padStart(32, '0'));

describe('B18: what is over', () => {
  it('B18: is pruned when its time has come, and nothing that holds is', async () => {
    const { db } = magpipe.house;
    const [account_id, user_id] = [person.accountId, person.id];
    for (const [index, ended_at] of [ago(31), ago(29), null].entries()) {
      const [session] = await db('sessions')
        .insert({ account_id, user_id, created_at: ago(100), ended_at })
        .returning('id');
      const session_id = session?.id as string;
      const used = [ago(31), ago(1), null].map((used_at, at) => ({ session_id, hash: hash(index * 10 + at), used_at }));
      await db('refresh_tokens').insert(used);
    }
    for (const [index, days] of [31, 29, -1].entries()) {
      await db('oauth_tokens').insert({ hash: hash(100 + index), hint: 'x', account_id, user_id, expires: ago(days) });
    }
    for (const revoked_at of [ago(91), ago(89), null]) await magpipe.key(person, { revoked_at, created_at: ago(200) });
    const [key] = await db('api_keys').whereNull('revoked_at').select('id');
    for (const [index, days] of [31, 29].entries()) {
      const delivery = `00000000-0000-0000-0000-00000000000${index}`;
      const row = {
        delivery,
        api_key_id: key?.id as number,
        event: 'key.created',
        payload: '{}',
        attempt: 1,
        duration_ms: 1,
      };
      await db('webhook_deliveries').insert({ ...row, created_at: ago(days) });
    }
    const [hook] = await db('hooks')
      .insert({ account_id, url: 'https://example.com', events: ['*'], secret: 'sealed:' })
      .returning('id');
    const sent = { hook_id: String(hook?.id), message: String(hook?.id), event: 'key.created', body: '{}' };
    for (const days of [31, 29]) await db('hook_deliveries').insert({ ...sent, created_at: ago(days) });
    for (const at of [ago(401), ago(399)]) await db('audit_log').insert({ at, action: 'signed_in' });
    const took = { account_id, chatbot_id: randomUUID(), key_uuid: randomUUID(), model: 'small' };
    const counts = { answers: 1, input_tokens: 1, output_tokens: 1 };
    for (const days of [401, 399]) await db('model_usage').insert({ ...took, ...counts, day: ago(days) });
    await db('rate_limits').insert([
      { key: 'over', points: 1, expire: Date.now() - 1 },
      { key: 'not over', points: 1, expire: Date.now() + 60_000 },
    ]);

    // Two callers had the same idea of a key.
    const asked = { hash: Buffer.from('same'), fingerprint: Buffer.from('x'), status: 200 };
    await db('idempotency_keys').insert([
      { ...asked, principal: 'over', created_at: ago(2) },
      { ...asked, principal: 'not over', created_at: ago(0.5) },
    ]);

    const other = await magpipe.person();
    const link = { kind: 'password_reset', account_id: person.accountId, email: '' };
    await db('one_time_links').insert([
      { ...link, hash: Buffer.from('over'), user_id: person.id, expires_at: ago(1.1) },
      { ...link, hash: Buffer.from('not over'), user_id: other.id, expires_at: ago(0.9) },
    ]);

    expect(await prune(magpipe.house)).toEqual({
      sessions: 1,
      // Of the two sessions that are left, one each; the others went with their session.
      refresh_tokens: 2,
      oauth_tokens: 1,
      api_keys: 1,
      idempotency_keys: 1,
      one_time_links: 1,
      device_logins: 0,
      hook_deliveries: 1,
      webhook_deliveries: 1,
      answer_deliveries: 0,
      runs: 0,
      pipeline_runs: 0,
      usage_counts: 0,
      model_usage: 1,
      audit_log: 1,
      rate_limits: 1,
    });
    expect(Object.values(await prune(magpipe.house)).every((gone) => gone === 0)).toBe(true);
  });

  it('B18: goes in batches, and stops when it is told to', async () => {
    const { db } = magpipe.house;
    await db.raw(
      `insert into audit_log (at, action) select now() - interval '500 days', 'signed_in' from generate_series(1, 2500)`,
    );
    const stopped = AbortSignal.abort();
    expect(await prune(magpipe.house, stopped)).toEqual({});
    expect((await prune(magpipe.house)).audit_log).toBe(2500);
  });

  it('B18: the audit log is still append only for everything else', async () => {
    const { db } = magpipe.house;
    await db('audit_log').insert({ action: 'signed_in' });
    for (const change of ['delete from audit_log', `update audit_log set action = 'x'`, 'truncate audit_log']) {
      await expect(db.raw(change)).rejects.toThrow('append only');
    }
    const trick = db.transaction(async (trx) => {
      await trx.raw(`set local latchkey.pruning = 'on'`);
      await trx.raw(`update audit_log set action = 'x'`);
    });
    await expect(trick).rejects.toThrow('append only');
  });

  it('B18: is done by one of many processes, once a day', async () => {
    const { db } = magpipe.house;
    const at = () => db('installation').where({ name: 'pruned_at' });
    const old = () => db('audit_log').insert({ at: ago(600), action: 'signed_in' });
    const left = async () => (await db('audit_log').where('at', '<', ago(500))).length;
    const { signal } = new AbortController();
    const all = () => Promise.all([1, 2, 3].map(() => pruneDaily(magpipe.house, signal)));
    await old();
    await all();
    expect(await left()).toBe(0);
    await old();
    await all();
    expect(await left()).toBe(1);
    await at().update({ value: ago(1.1) });
    await all();
    expect(await left()).toBe(0);
  });

  it('B18: with 0 days, is kept for ever', async () => {
    const { db } = magpipe.house;
    const forever = await magpipe.twin({
      keep: { sessions: 0, webhooks: 0, runs: 0, audit: 0, usage: 0, conversations: 0 },
    });
    await db('audit_log').insert({ at: ago(5000), action: 'signed_in' });
    expect(Object.keys(await prune(forever.house))).toEqual([
      'api_keys',
      'idempotency_keys',
      'one_time_links',
      'device_logins',
      'rate_limits',
    ]);
  });
});

it('B18: a list of keys has all that hold, and of the revoked the newest hundred of the last 90 days', async () => {
  const { db } = magpipe.house;
  const owner = await magpipe.person();
  const own = { user_id: owner.id, account_id: owner.accountId };
  await db.raw(
    `insert into api_keys (hash, prefix, name, user_id, account_id, created_at, revoked_at)
     select sha256((n || 'k')::bytea), 'mgp_0000', 'revoked ' || n, ?, ?, now() - n * interval '1 minute', now() from generate_series(1, 3000) n`,
    [own.user_id, own.account_id],
  );
  await magpipe.key(owner, { name: 'long over', revoked_at: ago(91), created_at: ago(0) });
  const key = await magpipe.key(owner, { name: 'the oldest', created_at: ago(900) });
  const { keys } = (await magpipe.manage(key, { action: 'list' })).body;
  const names = keys.map(({ name }: { name: string }) => name);
  expect(names).toEqual([...Array.from({ length: 100 }, (_, index) => `revoked ${index + 1}`), 'the oldest']);
  const { rows } = await db.raw(
    `explain (format text) select * from api_keys where user_id = 1 and revoked_at is not null order by created_at desc, id desc limit 100`,
  );
  expect(JSON.stringify(rows)).toContain('api_keys_revoked_of_user');
});
