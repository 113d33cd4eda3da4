import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { openReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { url } from '../support/runs.ts';

let latchkey: Latchkey;
let receiver: Receiver;
let worker: Worker;
let session: string;
const pace = { waits: [10, 10], limit: 2_000 };

beforeAll(async () => {
  [latchkey, receiver] = await Promise.all([openLatchkey({ LATCHKEY_PRIVATE_WEBHOOKS: 'true' }), openReceiver()]);
  worker = await startWorker(latchkey.house, url(latchkey), pace);
  session = await latchkey.session();
});
afterAll(async () => {
  await worker.stop();
  await latchkey.close();
  await receiver.close();
});

const ask = (method: string, path: string, body?: unknown, headers = {}) =>
  latchkey.ask(session, method, path, body, headers);
const endpoint = async (path: string, events: string[] = ['*'], more = {}): Promise<Body> => {
  const { status, body } = await ask('POST', '/webhooks', { url: receiver.url + path, events, ...more });
  expect(status).toBe(201);
  return body;
};
const heard = (path: string, count: number): Promise<Received[]> =>
  vi.waitFor(
    () => {
      expect(receiver.received(path)).toHaveLength(count);
      return receiver.received(path);
    },
    { timeout: 5_000, interval: 10 },
  );
const settled = (id: string, state: string): Promise<Body> =>
  vi.waitFor(
    async () => {
      const { body } = await ask('GET', `/webhooks/${id}/deliveries?state=${state}`);
      expect(body.results).not.toEqual([]);
      return body.results[0];
    },
    { timeout: 5_000, interval: 10 },
  );
/** As a receiver computes it, with the secret's bytes. */
const signed = ({ headers, body }: Received, secret: string) => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
};

describe('endpoints', () => {
  it('201 with the secret, which no later answer has, nor the database, nor a replay', async () => {
    const again = { 'Idempotency-Key': 'hook' };
    const body = { url: `${receiver.url}/made`, events: ['key.revoked'], description: 'Ours' };
    const made = await ask('POST', '/webhooks', body, again);
    expect(made.body).toEqual({
      ...{ id: expect.stringMatching(/^hook_[\da-f]{32}$/), ...body, enabled: true },
      secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
      ...{ created_at: expect.stringMatching(/Z$/), updated_at: expect.stringMatching(/Z$/) },
    });
    expect((await ask('POST', '/webhooks', body, again)).body).toEqual({ ...made.body, secret: null });
    const { secret, ...shown } = made.body;
    expect((await ask('GET', `/webhooks/${shown.id}`)).body).toEqual(shown);
    expect((await ask('GET', '/webhooks')).body.results).toEqual([shown]);
    const { db } = latchkey.house;
    const dump = JSON.stringify([await db('hooks'), await db('idempotency_keys'), await db('audit_log'), latchkey.log]);
    expect(dump).not.toContain(secret.slice(6, 40));
  });

  it('check 105: changed where it is as it was read; 412 else; 204, and then it is gone', async () => {
    const { id } = await endpoint('/changed');
    const { headers } = await ask('GET', `/webhooks/${id}`);
    const off = await ask('PATCH', `/webhooks/${id}`, { enabled: false }, { 'If-Match': headers.etag });
    expect([off.status, off.body.enabled]).toEqual([200, false]);
    const stale = { 'If-Match': headers.etag };
    expect((await ask('PATCH', `/webhooks/${id}`, { description: 'x' }, stale)).status).toBe(412);
    expect((await ask('DELETE', `/webhooks/${id}`, undefined, stale)).status).toBe(412);
    expect((await ask('DELETE', `/webhooks/${id}`)).status).toBe(204);
    expect((await ask('GET', `/webhooks/${id}`)).status).toBe(404);
  });

  it('check 30: making, changing, rotating and deleting one are in the audit log, with the host alone', async () => {
    const { id } = await endpoint('/audited?token=s3cret');
    await ask('PATCH', `/webhooks/${id}`, { enabled: false });
    await ask('POST', `/webhooks/${id}/rotate-secret`);
    await ask('DELETE', `/webhooks/${id}`);
    const rows = await latchkey.house.db('audit_log').where({ subject: id }).orderBy('id');
    expect(rows.map(({ action }) => action)).toEqual([
      ...['webhook_set', 'webhook_set', 'webhook_secret_rotated', 'webhook_cleared'],
    ]);
    expect(JSON.stringify(rows)).not.toContain('s3cret');
  });

  it('check 26: another account’s endpoints and deliveries are as absent ones', async () => {
    const { id } = await endpoint('/hidden', ['pipeline.created']);
    await ask('POST', '/pipelines', { name: 'hidden' });
    const sent = await settled(id, 'delivered');
    const stranger = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
    for (const [method, path] of [
      ...[['GET', ''] as const, ['DELETE', ''] as const, ['POST', '/rotate-secret'] as const],
      ['GET', '/deliveries'] as const,
    ]) {
      const theirs = await latchkey.ask(stranger, method, `/webhooks/${id}${path}`);
      const absent = await latchkey.ask(stranger, method, `/webhooks/hook_${'0'.repeat(32)}${path}`);
      expect([path, theirs.status, theirs.text]).toEqual([path, 404, absent.text]);
    }
    expect((await latchkey.ask(stranger, 'GET', `/deliveries/${sent.id}`)).status).toBe(404);
    expect((await latchkey.ask(stranger, 'POST', `/deliveries/${sent.id}/replay`)).status).toBe(404);
  });

  it('check 123: an address that is not public is refused by name, and again when a name leads to one', async () => {
    const strict = await openLatchkey();
    const owner = await strict.session();
    const events = ['*'];
    for (const address of ['http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/', 'http://localhost:1/']) {
      const { status, body } = await strict.ask(owner, 'POST', '/webhooks', { url: address, events });
      expect([address, status, Object.keys(body)]).toEqual([address, 400, ['url']]);
    }
    for (const address of ['ftp://93.184.216.34/', 'http://me:secret@93.184.216.34/', 'nothing']) {
      const { status, body } = await strict.ask(owner, 'POST', '/webhooks', { url: address, events });
      expect([address, status, Object.keys(body)]).toEqual([address, 400, ['url']]);
    }
    const { body: made } = await strict.ask(owner, 'POST', '/webhooks', { url: 'http://93.184.216.34/', events });
    const from = receiver.connections();
    // As if its name led elsewhere by now.
    await strict.house.db('hooks').update({ url: `${receiver.url}/inside` });
    await strict.ask(owner, 'POST', '/pipelines', { name: 'one' });
    const strictWorker = await startWorker(strict.house, url(strict), pace);
    await vi.waitFor(
      async () => {
        const { body } = await strict.ask(owner, 'GET', `/webhooks/${made.id}/deliveries?state=failed`);
        expect([body.count, body.results[0]?.attempts]).toEqual([1, 1]);
      },
      { timeout: 5_000, interval: 20 },
    );
    expect(receiver.connections()).toBe(from);
    await strictWorker.stop();
    await strict.close();
  });
});

describe('deliveries', () => {
  it('an event is signed as standard-webhooks has it, with ids as they are here; others are not sent', async () => {
    const { id, secret } = await endpoint('/signed', ['key.created', 'key.revoked']);
    const key = await latchkey.made(session, { name: 'signed' });
    await ask('POST', '/pipelines', { name: 'not sent' });
    await ask('DELETE', `/keys/${key.id}`);
    const [created, revoked] = (await heard('/signed', 2)) as [Received, Received];
    for (const one of [created, revoked]) {
      expect(one.headers['webhook-signature']).toBe(signed(one, secret));
      expect(one.headers['webhook-id']).toMatch(/^msg_[\da-f]{32}$/);
      expect(Math.abs(Number(one.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    }
    expect(JSON.parse(created.body)).toEqual({
      type: 'key.created',
      timestamp: expect.stringMatching(/Z$/),
      data: { id: key.id, name: 'signed', key_prefix: expect.stringMatching(/^mgp_/), created_at: expect.any(String) },
    });
    const sent = await settled(id, 'delivered');
    const { body } = await ask('GET', `/deliveries/${sent.id}`);
    expect(body).toMatchObject({ webhook: id, attempts: 1, status: 200, answer: { status: 200, error: null } });
    expect(body.request.body).toBe(revoked.body);
    expect(body.request.headers['webhook-id']).toBe(revoked.headers['webhook-id']);
    expect(JSON.stringify(body)).not.toContain(String(revoked.headers['webhook-signature']).slice(3));
  });

  it('after a rotation both secrets sign, for a day; then the new one alone', async () => {
    const { id, secret: old } = await endpoint('/rotated', ['pipeline.created']);
    const { status, body } = await ask('POST', `/webhooks/${id}/rotate-secret`);
    expect([status, body.secret === old]).toEqual([201, false]);
    await ask('POST', '/pipelines', { name: 'both' });
    const [both] = (await heard('/rotated', 1)) as [Received];
    expect(both.headers['webhook-signature']).toBe(`${signed(both, body.secret)} ${signed(both, old)}`);
    await latchkey.house.db('hooks').update({ old_secret_until: new Date(Date.now() - 1000) as never });
    await ask('POST', '/pipelines', { name: 'alone' });
    const [, alone] = (await heard('/rotated', 2)) as [Received, Received];
    expect(alone.headers['webhook-signature']).toBe(signed(alone, body.secret));
  });

  it('tried again while that is worth it, then given up; a replay is the same bytes with the same id', async () => {
    receiver.replies('/failing', 500, 302, 500);
    const { id } = await endpoint('/failing', ['pipeline.created']);
    await ask('POST', '/pipelines', { name: 'failing' });
    const failed = await settled(id, 'failed');
    expect(failed).toMatchObject({ event: 'pipeline.created', attempts: 2, status: 302, next_attempt_at: null });
    receiver.replies('/failing', 204);
    const replay = await ask('POST', `/deliveries/${failed.id}/replay`);
    expect([replay.status, replay.body.state, replay.body.attempts]).toEqual([201, 'waiting', 0]);
    const [first, , again] = (await heard('/failing', 3)) as Received[];
    expect([again?.body, again?.headers['webhook-id']]).toEqual([first?.body, first?.headers['webhook-id']]);
    expect((await settled(id, 'delivered')).id).toBe(replay.body.id);
    await ask('PATCH', `/webhooks/${id}`, { enabled: false });
    expect((await ask('POST', `/deliveries/${failed.id}/replay`)).status).toBe(409);
    await ask('POST', '/pipelines', { name: 'unheard' });
    expect((await ask('GET', `/webhooks/${id}/deliveries`)).body.count).toBe(2);
  });

  it('of a change that is rolled back nothing is heard', async () => {
    const { id } = await endpoint('/rolled', ['pipeline.created']);
    await ask('POST', '/pipelines', { name: 'twice' });
    expect((await ask('POST', '/pipelines', { name: 'twice' })).status).toBe(409);
    await heard('/rolled', 1);
    expect((await ask('GET', `/webhooks/${id}/deliveries`)).body.count).toBe(1);
  });
});
