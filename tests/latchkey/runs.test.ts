import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { eventStream } from '../../src/handlers/latchkey/runs.ts';
import { makeServer } from '../../src/wire/server.ts';
import type { Flow } from '../../src/wire/streamed.ts';
import { type Container, integer, json, openContainer, result } from '../support/container.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { poured } from '../support/poured.ts';
import { brisk, int, url } from '../support/runs.ts';

let latchkey: Latchkey;
let container: Container;
let runner: Runner;
let worker: Worker;
let session: string;
let pipeline: string;
let server: ReturnType<typeof makeServer>;
let port: number;

beforeAll(async () => {
  [latchkey, container] = await Promise.all([openLatchkey({ LATCHKEY_PRIVATE_CONTAINERS: 'true' }), openContainer()]);
  const { house } = latchkey;
  runner = startRuns(house, brisk);
  worker = await startWorker(house, url(latchkey), undefined, { run: async () => runner.look() });
  server = makeServer(house.config, latchkey.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  session = await latchkey.session();
  pipeline = (await ask('POST', '/pipelines', { name: 'add' })).body.id;
});
afterAll(async () => {
  await worker.stop();
  await runner.stop(0);
  latchkey.house.followers.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await latchkey.close();
  await container.close();
});

const ask = (method: string, path: string, body?: unknown, headers = {}) =>
  latchkey.ask(session, method, path, body, headers);
const run = async (inputs: unknown[] = [int(5), int(4)]): Promise<Body> => {
  const { status, body } = await ask('POST', `/pipelines/${pipeline}/runs`, { inputs });
  expect(status).toBe(201);
  return body;
};
const until = (id: string, ...states: string[]): Promise<Body> =>
  vi.waitFor(
    async () => {
      const { body } = await ask('GET', `/runs/${id}`);
      expect(states).toContain(body.state);
      return body;
    },
    { timeout: 5_000, interval: 20 },
  );

/** Follows a log over a socket of its own: what has come so far, and when it is over. */
function follow(id: string, headers = {}) {
  const heard = { text: '', status: 0, type: '' };
  const call: ClientRequest = request({
    ...{ port, host: '127.0.0.1', path: `/v1/runs/${id}/log`, agent: false },
    headers: { authorization: `Bearer ${session}`, ...headers },
  });
  const over = new Promise<void>((resolve) => {
    call.on('close', resolve).on('error', () => {});
    call.on('response', (response) => {
      Object.assign(heard, { status: response.statusCode, type: response.headers['content-type'] });
      response.setEncoding('utf8').on('data', (chunk) => {
        heard.text += chunk;
      });
    });
  });
  call.end();
  return { heard, over, leave: () => call.destroy() };
}
/** The events of a stream: its number, its name, and what it says. */
const events = (text: string) =>
  text
    .split('\n\n')
    .filter((one) => one !== '' && !one.startsWith(':'))
    .map((one) => Object.fromEntries(one.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2))))
    .map(({ id, event, data }) => [id && Number(id), event, JSON.parse(data).state]);

describe('runs', () => {
  it('409 with a sentence where nobody takes it, and nothing is recorded', async () => {
    const { status, body } = await ask('POST', `/pipelines/${pipeline}/runs`);
    expect([status, body]).toEqual([409, { detail: 'Nobody takes runs of this pipeline: it has no container.' }]);
    expect((await ask('GET', '/runs')).body.count).toBe(0);
  });

  it('the container: owners see and set it; an address that is none is named', async () => {
    const at = `/pipelines/${pipeline}/container`;
    expect((await ask('PUT', at, { url: 'ftp://x' })).body).toEqual({ url: ['must be an http or https URL'] });
    const { status, body } = await ask('PUT', at, { url: container.url });
    expect([status, body]).toEqual([200, { url: `${container.url}/` }]);
    expect((await ask('GET', at)).body).toEqual({ url: `${container.url}/` });
    const editor = await latchkey.session(await latchkey.person({ roleIds: [3] }));
    expect((await latchkey.ask(editor, 'GET', at)).status).toBe(403);
  });

  it('201 at once, and what came out at its end', async () => {
    const made = await run();
    expect(made).toEqual({
      ...{ id: expect.stringMatching(/^run_[\da-f]{32}$/), pipeline: { id: pipeline, name: 'add' } },
      ...{ state: 'queued', error: null, created_at: expect.stringMatching(/Z$/) },
      ...{ started_at: null, ended_at: null, compute_ms: null },
    });
    const done = await until(made.id, 'completed');
    expect(done).toMatchObject({ ...{ id: made.id, inputs: [{ type: 'integer', value: 5, file: null }, {}] } });
    expect(done.compute_ms).toBeGreaterThanOrEqual(0);
    const { body } = await ask('GET', `/runs/${made.id}/output`);
    expect(body).toEqual({ state: 'completed', outputs: [integer(9)] });
  });

  it('a key with runs:create alone runs it; it neither sees nor cancels; check 116: twice with one Idempotency-Key is once', async () => {
    const { key } = await latchkey.made(session, { scopes: ['runs:create'] });
    const send = () =>
      latchkey.ask(
        key,
        'POST',
        `/pipelines/${pipeline}/runs`,
        { inputs: [int(1), int(1)] },
        { 'Idempotency-Key': 'r' },
      );
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/log'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const) {
      const { status, headers } = await latchkey.ask(key, method, `/runs/${first.body.id}${path}`);
      expect([path, status, /scope="runs:(read|write)"/.test(headers['www-authenticate'] ?? '')]).toEqual([
        path,
        403,
        true,
      ]);
    }
  });

  it('a run that failed says why; a file of the account goes in by its id', async () => {
    const failed = await until((await run([int(1)])).id, 'failed');
    expect(failed.error).toMatchObject({ type: 'input_error', traceback: null });
    const unknown = { type: 'file', file: { path: 'pipeline_files/00/00/00000000-0000-4000-8000-000000000000' } };
    const { status, body } = await ask('POST', `/pipelines/${pipeline}/runs`, { inputs: [unknown] });
    expect([status, Object.keys(body)]).toEqual([400, ['inputs']]);
  });

  it('pages: the newest first, by pipeline and state, in the order that is asked for', async () => {
    const all = (await ask('GET', '/runs')).body;
    expect(all.results.map(({ created_at }: Body) => created_at)).toEqual(
      all.results
        .map(({ created_at }: Body) => created_at)
        .sort()
        .reverse(),
    );
    const failed = (await ask('GET', `/runs?state=failed&pipeline=${pipeline}`)).body;
    expect([failed.count, failed.results[0].state]).toEqual([1, 'failed']);
    const other = (await ask('POST', '/pipelines', { name: 'other' })).body.id;
    expect((await ask('GET', `/runs?pipeline=${other}`)).body.count).toBe(0);
    for (const order of ['created_at', 'compute_ms', '-compute_ms']) {
      const seen: string[] = [];
      let at: string | undefined = `/runs?order=${order}&limit=1`;
      while (at) {
        const { body } = await ask('GET', at);
        seen.push(...body.results.map(({ id }: Body) => id));
        at = body.next?.split('/v1')[1];
      }
      expect([order, new Set(seen).size, seen.length]).toEqual([order, all.count, all.count]);
    }
  });

  it('cancelled stays cancelled, whatever its container says; Mystic’s clients hear of a failure; 409 the second time', async () => {
    let answer = () => {};
    container.does((response) => {
      answer = () => json(response, 200, result([integer(9)]));
    });
    const { id } = await run();
    await until(id, 'running');
    await vi.waitFor(() => expect(container.runs().at(-1)?.body.run_id).toBe(id));
    expect((await ask('DELETE', `/runs/${id}`)).status).toBe(409);
    const cancelled = await ask('POST', `/runs/${id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect(cancelled.body.ended_at).toMatch(/Z$/);
    answer();
    container.does();
    await until((await run()).id, 'completed');
    expect((await ask('GET', `/runs/${id}`)).body).toMatchObject({ state: 'cancelled', error: null });
    const theirs = await latchkey.send('GET', `/v4/runs/${id}`, { headers: { authorization: `Bearer ${session}` } });
    expect(theirs.body).toMatchObject({ state: 'failed', error: { message: 'The run was cancelled' } });
    expect((await ask('POST', `/runs/${id}/cancel`)).status).toBe(409);
    expect((await ask('DELETE', `/runs/${id}`)).status).toBe(204);
    expect((await ask('GET', `/runs/${id}`)).status).toBe(404);
  });

  it('check 26: another account’s run is as one that is absent, on each operation', async () => {
    const { id } = await run();
    const stranger = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
    for (const [method, path] of [
      ...[['GET', ''] as const, ['GET', '/output'] as const, ['GET', '/log'] as const],
      ...[['POST', '/cancel'] as const, ['DELETE', ''] as const],
    ]) {
      const theirs = await latchkey.ask(stranger, method, `/runs/${id}${path}`);
      const absent = await latchkey.ask(stranger, method, `/runs/run_${'0'.repeat(32)}${path}`);
      expect([theirs.status, theirs.text]).toEqual([404, absent.text]);
    }
  });
});

describe('the log', () => {
  it('events as they happen, up to the end; Last-Event-ID goes on where one was', async () => {
    let answer = () => {};
    container.does((response) => {
      answer = () => json(response, 200, result([integer(9)]));
    });
    const { id } = await run();
    const { heard, over } = follow(id);
    await vi.waitFor(() => expect(events(heard.text).at(-1)).toEqual([2, 'state', 'running']), 5_000);
    expect([heard.status, heard.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    answer();
    await over;
    const all = [
      [1, 'state', 'queued'],
      [2, 'state', 'running'],
      [3, 'state', 'completed'],
      [undefined, 'end', undefined],
    ];
    expect(events(heard.text)).toEqual(all);
    container.does();
    const again = follow(id, { 'last-event-id': '2' });
    await again.over;
    expect(events(again.heard.text)).toEqual(all.slice(2));
    expect((await ask('GET', `/runs/${id}/log`, undefined, { 'Last-Event-ID': 'x' })).status).toBe(400);
  });

  it('HEAD is answered and follows nobody; who goes away is let go; who waits is let go by a server that stops', async () => {
    container.does(() => {});
    const { id } = await run();
    await until(id, 'running');
    const head = await latchkey.send('HEAD', `/v1/runs/${id}/log`, { headers: { authorization: `Bearer ${session}` } });
    expect([head.status, head.text]).toEqual([200, '']);
    const asked: string[] = [];
    const hear = ({ sql }: { sql: string }) => void (sql.includes('run_events') && asked.push(sql));
    latchkey.house.db.on('query', hear);
    // An answer that has begun cannot tell any more what is left of its key's limits.
    const { body: made } = await ask('POST', '/keys', { name: 'follower', limits: [{ requests: 100, per: 'minute' }] });
    const one = follow(id, { authorization: `Bearer ${made.key}` });
    await vi.waitFor(() => expect(events(one.heard.text).length).toBeGreaterThan(0), 5_000);
    one.leave();
    await one.over;
    // Nobody follows any more: at most the look that was under way is heard of.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(asked.length).toBe(before);
    latchkey.house.db.off('query', hear);
    const other = follow(id);
    await vi.waitFor(() => expect(events(other.heard.text).length).toBeGreaterThan(0), 5_000);
    latchkey.house.followers.close();
    await other.over;
    expect(other.heard.text).not.toContain('event: end');
    await ask('POST', `/runs/${id}/cancel`);
  });

  it('a comment keeps a quiet stream alive', async () => {
    let answer = (_over: IteratorResult<never>) => {};
    const next = () => new Promise<IteratorResult<never>>((resolve) => (answer = resolve));
    const close = () => answer({ done: true, value: 'stopped' as never });
    const { answer: heard } = await poured(eventStream({ events: { next } as never, close }, 5).reply.body as Flow);
    const [chunk] = await once(heard, 'data');
    expect(String(chunk)).toBe(':\n\n');
    heard.destroy();
  });
});
