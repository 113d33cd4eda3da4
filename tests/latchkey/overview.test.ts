import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';

let latchkey: Latchkey;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '7' });
  session = await latchkey.session();
});
afterAll(() => latchkey.close());

const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const overview = async (credential = session) => {
  const { status, body } = await latchkey.ask(credential, 'GET', '/overview');
  expect(status).toBe(200);
  return body;
};

it('an account in which nothing has happened', async () => {
  const first = await overview();
  expect(first).toMatchObject({
    ...{ requests: { today: 0, yesterday: 0 }, refusals: { today: 0, yesterday: 0 } },
    ...{ keys: { active: 0, most: 7 }, runs: { running: 0, today: 0, failed_today: 0 }, attention: [] },
  });
});

it('counts requests, keys and runs; how long requests took', async () => {
  const { db, installation, usage } = latchkey.house;
  const account_id = installation.accountId;
  const { key, id } = await latchkey.made(session, { scopes: ['usage:read'] });
  expect((await latchkey.ask(key, 'GET', '/keys')).status).toBe(403);
  await latchkey.ask(session, 'DELETE', `/keys/${(await latchkey.made(session)).id}`);
  const [pipeline] = await db('pipelines').insert({ account_id, uuid: 'p', name: 'p' }).returning('id');
  const its = {
    account_id,
    pipeline_id: pipeline?.id as number,
    inputs: '[]',
    async: true,
    streamed: false,
    waits: true,
  };
  await db('runs').insert([
    { ...its, state: 'running' },
    { ...its, state: 'queued' },
    { ...its, state: 'failed', ended_at: ago(0) },
    { ...its, state: 'failed', ended_at: ago(2) },
  ]);
  await usage.flush();
  const counted = await overview();
  expect(counted.requests.today).toBeGreaterThanOrEqual(4);
  expect(counted.refusals).toEqual({ today: 1, yesterday: 0 });
  expect([counted.keys, counted.runs]).toEqual([
    { active: 1, most: 7 },
    { running: 1, today: 3, failed_today: 1 },
  ]);
  const { p50, p99 } = counted.latency_ms;
  expect(p50).toBeGreaterThan(0);
  expect(p99).toBeGreaterThanOrEqual(p50);
  expect(await overview(key)).toMatchObject({ runs: { running: 1 } });
  await latchkey.ask(session, 'DELETE', `/keys/${id}`);
});

it('what needs somebody, the most urgent first; of others’ keys and endpoints only admins hear', async () => {
  const { db, installation } = latchkey.house;
  const account_id = installation.accountId;
  const ends = await latchkey.made(session, { name: 'ends', expires_at: new Date(Date.now() + 2.5 * 86_400_000) });
  const [old, unused, travels] = [
    await latchkey.made(session, { name: 'old' }),
    await latchkey.made(session, { name: 'unused' }),
    await latchkey.made(session, { name: 'travels' }),
  ];
  const uuid = ({ id }: { id: string }) => id.replace('key_', '');
  await db('api_keys')
    .where({ uuid: uuid(old) })
    .update({ last_used_at: ago(91), created_at: ago(200) });
  await db('api_keys')
    .where({ uuid: uuid(unused) })
    .update({ created_at: ago(92) });
  const counted = { account_id, key_uuid: uuid(travels), operation: 'latchkey.getMe', status: 2, requests: 1 };
  const at = (days: number, network: string) => ({ ...counted, day: ago(days).slice(0, 10), network });
  await db('usage_counts').insert([
    at(3, '203.0.113.0/24'),
    at(0, '203.0.113.0/24'),
    at(0, '198.51.100.0/24'),
  ] as never);
  const [hook] = await db('hooks')
    .insert({ account_id, url: 'https://hooks.example.com/x', events: ['*'], secret: 'sealed:' })
    .returning('id');
  const sent = { hook_id: String(hook?.id), message: String(hook?.id), event: 'key.created', body: '{}', attempts: 5 };
  await db('hook_deliveries').insert([
    { ...sent, state: 'delivered', status: 200, created_at: ago(2) },
    { ...sent, state: 'failed', status: 500, last_attempt_at: ago(0), created_at: ago(1) },
  ]);
  const { attention } = await overview();
  expect(attention.map(({ kind, name, detail }: Record<string, string>) => [kind, name, detail])).toEqual([
    ['key_expires', 'ends', 'Ends within 3 days.'],
    ['webhook_failing', 'hooks.example.com', 'The last delivery was answered with 500.'],
    ['key_new_network', 'travels', 'Used from 198.51.100.0/24, for the first time.'],
    ['key_unused', 'unused', 'Not used for 90 days.'],
    ['key_unused', 'old', 'Not used for 90 days.'],
  ]);
  expect(attention[0].subject).toBe(ends.id);
  const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  expect((await overview(viewer)).attention).toEqual([]);
  await db('hook_deliveries').insert({ ...sent, state: 'delivered', status: 200 });
  expect((await overview()).attention.some(({ kind }: { kind: string }) => kind === 'webhook_failing')).toBe(false);
});
