import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { streamRun } from '../../src/handlers/mystic/runs.ts';
import type { Flow } from '../../src/wire/streamed.ts';
import { type Container, integer, json, openContainer, result, streaming } from '../support/container.ts';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, refused } from '../support/mystic.ts';
import { poured } from '../support/poured.ts';
import { brisk, int, url } from '../support/runs.ts';

let mystic: Mystic;
let container: Container;
let runner: Runner;
let worker: Worker;
let server: Server;
let pipeline: string;
let base: string;

beforeAll(async () => {
  [mystic, container] = await Promise.all([openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'true' }), openContainer()]);
  runner = startRuns(mystic.house, brisk);
  worker = await startWorker(mystic.house, url(mystic), undefined, { run: async () => runner.look() });
  server = createServer(mystic.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pipeline = (await mystic.pipeline('add')).id;
  await attach(container.url);
});
afterAll(async () => {
  await worker.stop();
  await runner.stop(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await mystic.close();
  await container.close();
});
beforeEach(() => {
  container.does();
  container.is(200, 'loaded');
});

const attach = async (address: string | null, to = pipeline) => {
  const answer = await mystic.send('owner', 'PUT', `/v4/pipelines/${to}/container`, { url: address });
  expect([answer.status, answer.body]).toEqual([200, { url: address && new URL(address).href }]);
};
/** As the SDK sends it: always all five keys. */
const wanted = (inputs: unknown[], more: object = {}) => ({
  ...{ pipeline, inputs, async_run: false, wait_for_resources: null, run_id: null },
  ...more,
});
const sdk = (type: string, value: unknown) => ({ type, value, file_name: null, file_path: null, file_url: null });
const run = async (inputs: unknown[], more: object = {}): Promise<Body> => {
  const { status, body } = await mystic.send('editor', 'POST', '/v4/runs', wanted(inputs, more));
  expect(status).toBe(200);
  return body;
};
const read = async (id: string): Promise<Body> => (await mystic.send('viewer', 'GET', `/v4/runs/${id}`)).body;
const ended = (id: string): Promise<Body> =>
  vi.waitFor(
    async () => {
      const body = await read(id);
      expect(['created', 'queued', 'routing', 'running']).not.toContain(body.state);
      return body;
    },
    { timeout: 5_000, interval: 20 },
  );
const hex = /^run_[\da-f]{32}$/;
const bare = { outputs: null, error: null, queue_position: null };

describe('POST /v4/runs', () => {
  it('200 what came out, in the shape of the SDK; by id and by pointer', async () => {
    const body = await run([int(5), int(4)]);
    expect(body).toEqual({
      ...{ id: expect.stringMatching(hex), pipeline_id: pipeline, state: 'completed' },
      ...{ created_at: expect.any(Number), updated_at: expect.any(Number) },
      ...{ inputs: [int(5), int(4)], outputs: [integer(9)], error: null, queue_position: null },
    });
    expect(Math.abs(body.created_at - Date.now() / 1000)).toBeLessThan(60);
    expect(await read(body.id)).toEqual(body);
    const pointer = await run([int(5), int(10)], { pipeline: 'owner/add:v1' });
    expect([pointer.outputs, pointer.pipeline_id]).toEqual([[integer(15)], pipeline]);
  });

  it('#63 trap 17: inputs of every kind, truths typed as integers too, reach the container as they are', async () => {
    const inputs = [
      ...[sdk('string', 's'), sdk('integer', 5), sdk('fp', 1.5), sdk('integer', true), sdk('none', null)],
      ...[sdk('dictionary', { a: 1, b: { file_url: 'http://x/y z' } }), sdk('array', [1, 2, [null]])],
      { ...sdk('file', null), file_name: 'a.png', file_path: 'pipeline_files/a.png', file_url: 'https://x/my%20f.txt' },
    ];
    container.does((response) => json(response, 200, result([])));
    const body = await run(inputs);
    expect(container.runs().at(-1)?.body.inputs).toEqual(inputs);
    expect(body.inputs).toEqual(inputs);
  });

  it('#66, #67 200 a run that failed, also where the inputs are wrong', async () => {
    const wrong = await run([int(1)]);
    expect(wrong).toMatchObject({ state: 'failed', outputs: null, error: { type: 'input_error', traceback: null } });
    const raised = await run([int(-5), int(5)]);
    expect(raised).toMatchObject({
      state: 'failed',
      error: { type: 'pipeline_error', message: "ValueError('I can only sum positive integers')" },
    });
  });

  it('#65 trap 12: 503 with the run itself where nobody is there, and the run is recorded', async () => {
    container.is(503, 'loading');
    const { status, body } = await mystic.send('editor', 'POST', '/v4/runs', wanted([int(1)]));
    expect([status, body]).toEqual([
      503,
      {
        ...{ id: expect.stringMatching(hex), pipeline_id: pipeline, state: 'no_resources_available' },
        ...{ created_at: expect.any(Number), updated_at: expect.any(Number), inputs: [int(1)], ...bare },
      },
    ]);
    expect(await read(body.id)).toEqual(body);
    const { id } = await mystic.pipeline('nowhere');
    for (const async_run of [false, true]) {
      const asked = wanted([], { pipeline: id, async_run, wait_for_resources: false });
      const answer = await mystic.send('editor', 'POST', '/v4/runs', asked);
      expect([answer.status, answer.body.state]).toEqual([503, 'no_resources_available']);
    }
  });

  it('200 at once with async_run, and the run goes on by itself', async () => {
    let release = () => {};
    container.does((response) => {
      release = () => json(response, 200, result([integer(1)]));
    });
    const body = await run([int(1)], { async_run: true });
    expect(body).toMatchObject({ state: 'queued', queue_position: 0, ...{ outputs: null, error: null } });
    await vi.waitFor(async () => expect((await read(body.id)).state).toBe('running'), { interval: 10 });
    await vi.waitFor(() => expect(container.runs().at(-1)?.body.run_id).toBe(body.id), { interval: 10 });
    release();
    expect(await ended(body.id)).toMatchObject({ state: 'completed', outputs: [integer(1)], queue_position: null });
  });

  it('waits for a container where it is told to', async () => {
    container.is(503, 'loading');
    setTimeout(() => container.is(200, 'loaded'), 300);
    expect(await run([int(1), int(1)], { wait_for_resources: true })).toMatchObject({ state: 'completed' });
  });

  it('needs no inputs, ignores what it does not know, and takes null for nothing', async () => {
    container.does((response) => json(response, 200, result(null)));
    const { status, body } = await mystic.send('editor', 'POST', '/v4/runs', {
      ...{ pipeline, inputs: null, async_run: null, colour: 'green' },
    });
    expect([status, body.inputs, body.outputs, body.state]).toEqual([200, [], null, 'completed']);
    expect(container.runs().at(-1)?.body.inputs).toEqual([]);
  });

  it('403 viewers, 404 pipelines that are not there or not of this account', async () => {
    const before = container.all().length;
    for (const caller of ['viewer', 'roleless'] as const) {
      const answer = await mystic.send(caller, 'POST', '/v4/runs', wanted([]));
      expect([answer.status, answer.body]).toEqual([
        403,
        refused('Permission denied accessing resource instance', 'run'),
      ]);
    }
    expect((await mystic.send('anonymous', 'POST', '/v4/runs', wanted([]))).status).toBe(401);
    const missing = `pipeline_${randomUUID().replaceAll('-', '')}`;
    for (const name of [missing, 'owner/add:nope', 'pipeline_x', '', 'a\0b', '../..', pipeline.toUpperCase()]) {
      const answer = await mystic.send('editor', 'POST', '/v4/runs', wanted([], { pipeline: name }));
      expect([name, answer.status < 500 && answer.status >= 400]).toEqual([name, true]);
    }
    for (const path of ['/v4/runs', '/v4/runs/stream']) {
      for (const name of [pipeline, 'owner/add:v1']) {
        const answer = await mystic.send('neighbour', 'POST', path, wanted([], { pipeline: name }));
        expect([answer.status, answer.body]).toEqual([404, refused('Pipeline not found')]);
      }
    }
    expect(container.all().length).toBe(before);
  });

  it('422 what is no run, 400 what cannot be kept, and never 500', async () => {
    const deep = `{"pipeline":"${pipeline}","inputs":[{"type":"array","value":${'['.repeat(400)}${']'.repeat(400)}}]}`;
    const deeper = deep.replace(/\[{400}\]{400}/, '['.repeat(200_000) + ']'.repeat(200_000));
    const bodies: unknown[] = [
      ...[{}, { pipeline: 1 }, wanted([1]), wanted([{}]), wanted([{ type: 'x' }]), { pipeline, inputs: {} }],
      ...[wanted([], { async_run: 'x' }), wanted([], { wait_for_resources: {} }), wanted([sdk('string', 'a\0b')])],
      ...[wanted([sdk('string', '\ud800')]), wanted([], { pipeline: 'x'.repeat(600) })],
    ];
    for (const body of bodies) {
      const { status } = await mystic.send('editor', 'POST', '/v4/runs', body);
      expect([JSON.stringify(body).slice(0, 80), [400, 422].includes(status)]).toEqual([expect.anything(), true]);
    }
    for (const text of [deep, deeper]) {
      const answer = await mystic.bare('POST', '/v4/runs', (sent) =>
        sent.set('Authorization', `Bearer ${mystic.people.editor.key}`).type('json').send(text),
      );
      expect([answer.status, answer.body]).toEqual([400, refused('The body is nested more than 128 levels deep.')]);
    }
  });
});

describe('GET /v4/runs', () => {
  it('200 pages of the account’s runs, newest first, in the envelope', async () => {
    const { id } = await mystic.pipeline('listed');
    await attach(container.url, id);
    const made = [];
    for (const n of [1, 2, 3]) made.push(await run([int(n), int(n)], { pipeline: n === 2 ? 'owner/listed:v1' : id }));
    const list = async (query: string) =>
      (await mystic.send('viewer', 'GET', `/v4/runs?pipeline_id=${id}&${query}`)).body;
    const ids = ({ data }: Body) => data.map((one: Body) => one.id);
    const newest = made.map((one) => one.id).reverse();
    const all = await list('');
    expect([all.skip, all.limit, all.total, ids(all)]).toEqual([0, 20, 3, newest]);
    expect(all.data[0]).toEqual({
      ...{ id: newest[0], pipeline_id: id, state: 'completed', compute_time_ms: expect.any(Number) },
      ...{ created_at: expect.any(Number), updated_at: expect.any(Number) },
      ...{ started_at: expect.any(Number), ended_at: expect.any(Number) },
    });
    const second = await list('skip=1&limit=1');
    expect([second.skip, second.limit, second.total, ids(second)]).toEqual([1, 1, 3, [newest[1]]]);
    expect(ids(await list('order_by=created_at:asc'))).toEqual(newest.toReversed());
    expect(ids(await list('order_by=compute_time_ms:desc')).sort()).toEqual(newest.toSorted());
    expect(ids(await list('order_by=state'))).toHaveLength(3);
    const pointers = (await list('include_pointers=true')).data.map((one: Body) => one.pointers);
    expect(pointers).toEqual([[], ['owner/listed:v1'], []]);
    expect((await list('limit=1000')).limit).toBe(1000);
    for (const query of ['limit=1001', 'limit=0', 'skip=-1', 'order_by=inputs', 'order_by=state:up', 'skip=1e400']) {
      expect([query, (await mystic.send('viewer', 'GET', `/v4/runs?${query}`)).status]).toEqual([query, 422]);
    }
    expect((await mystic.send('viewer', 'GET', '/v4/runs?pipeline_id=pipeline_x')).body.total).toBe(0);
  });

  it('#74 one run, its times, its logs; 404 hides those of others', async () => {
    const { id } = await run([int(1), int(1)]);
    const plain = await read(id);
    const { body: detailed } = await mystic.send('viewer', 'GET', `/v4/runs/${id}/detailed`);
    expect(detailed).toEqual({
      ...{ ...plain, compute_time_ms: expect.any(Number) },
      ...{ started_at: expect.any(Number), ended_at: expect.any(Number) },
    });
    expect((await mystic.send('viewer', 'GET', `/v4/logs/run/${id}`)).body).toEqual({ log_entries: [] });
    for (const path of [`/v4/runs/${id}`, `/v4/runs/${id}/detailed`, `/v4/logs/run/${id}`]) {
      const { status, body } = await mystic.send('neighbour', 'GET', path);
      expect([status, body]).toEqual([404, refused('Run not found')]);
      expect((await mystic.send('roleless', 'GET', path)).status).toBe(403);
      expect((await mystic.send('anonymous', 'GET', path)).status).toBe(401);
      for (const other of ['run_1', `run_${'0'.repeat(32)}`, randomUUID(), id.toUpperCase(), '%00', 'a%2Fb']) {
        const { status } = await mystic.send('viewer', 'GET', path.replace(id, other));
        expect([other, status]).toEqual([other, 404]);
      }
    }
    expect((await mystic.send('neighbour', 'GET', '/v4/runs')).body).toEqual({
      skip: 0,
      limit: 20,
      total: 0,
      data: [],
    });
  });

  it('queue_position counts the runs of the pipeline that are before it', async () => {
    const { id } = await mystic.pipeline('queued');
    const [{ id: pipeline_id } = { id: 0 }] = await mystic.house.db('pipelines').where({ uuid: 'queued' }).select('id');
    const { accountId: account_id } = mystic.people.owner;
    // Nobody takes them before tomorrow.
    const rest = { account_id, pipeline_id, inputs: '[]', async: true, streamed: false, waits: true, state: 'queued' };
    const made = [];
    for (let n = 0; n < 3; n += 1) {
      const later = { leased_until: new Date(Date.now() + 86_400_000).toISOString() };
      const [row] = await mystic.house
        .db('runs')
        .insert({ ...rest, ...later })
        .returning('id');
      made.push(`run_${row?.id.replaceAll('-', '')}`);
    }
    expect(await Promise.all(made.map(async (one) => (await read(one)).queue_position))).toEqual([0, 1, 2]);
    expect((await mystic.send('admin', 'DELETE', `/v4/pipelines/${id}`)).status).toBe(204);
    expect((await mystic.send('viewer', 'GET', `/v4/runs/${made[0]}`)).status).toBe(404);
  });
});

describe('POST /v4/runs/stream', () => {
  const piece = (...values: (number | string | null)[]) =>
    result(
      values.map((value) => ({
        type: value === null ? 'none' : typeof value === 'string' ? 'string' : 'integer',
        ...{ value, file: null },
      })),
    );
  const ask = (more: object = {}, signal?: AbortSignal) =>
    fetch(`${base}/v4/runs/stream`, {
      ...{ method: 'POST', body: JSON.stringify(wanted([], more)), ...(signal && { signal }) },
      headers: { Authorization: `Bearer ${mystic.people.editor.key}`, 'content-type': 'application/json' },
    });
  const linesOf = async (answer: Response): Promise<Body[]> =>
    (await answer.text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const pieces = [piece(1, 'static', 'hello'), piece(2, 'static', 'world'), piece(3, 'static', null)];

  it('trap 13: one whole run per line, as the container gives them, and the run is recorded', async () => {
    container.does(streaming(pieces));
    const answer = await ask();
    expect([answer.status, answer.headers.get('x-accel-buffering')]).toEqual([200, 'no']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    const lines = await linesOf(answer);
    expect(lines.map(({ outputs }) => outputs)).toEqual(pieces.map(({ outputs }) => outputs));
    const { id } = lines[0];
    for (const line of lines) {
      expect(line).toMatchObject({ id, pipeline_id: pipeline, state: 'running', inputs: [], error: null });
      expect([typeof line.created_at, typeof line.updated_at]).toEqual(['number', 'number']);
    }
    expect(container.runs().at(-1)).toMatchObject({ path: '/v4/runs/stream', body: { run_id: id, inputs: [] } });
    expect(await ended(id)).toMatchObject({ state: 'completed', outputs: pieces[2]?.outputs, error: null });
  });

  it('a line is there as soon as the container has sent it', async () => {
    let release = () => {};
    container.does((response) => {
      response.writeHead(200).write(`${JSON.stringify(pieces[0])}\n`);
      release = () => response.end(JSON.stringify(pieces[1]));
    });
    const reader = (await ask()).body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(JSON.parse(first).outputs).toEqual(pieces[0]?.outputs);
    expect((await read(JSON.parse(first).id)).state).toBe('running');
    release();
    const second = new TextDecoder().decode((await reader?.read())?.value);
    expect(JSON.parse(second).outputs).toEqual(pieces[1]?.outputs);
    expect((await reader?.read())?.done).toBe(true);
  });

  it('#77 pieces cut at odd places, several at once, empty lines, no newline at the end', async () => {
    const text = pieces.map((one) => JSON.stringify(one)).join('\n\n\r\n');
    const cuts = [0, 1, 30, 61, 62, 120, text.length];
    container.does(
      streaming(
        cuts.slice(1).map((to, index) => text.slice(cuts[index], to)),
        5,
      ),
    );
    expect((await linesOf(await ask())).map(({ outputs }) => outputs)).toEqual(pieces.map(({ outputs }) => outputs));
  });

  it('#78 an error in the middle is a last line, and the status stays 200', async () => {
    const error = { type: 'pipeline_error', message: "Exception('dummy error')", traceback: 'Traceback …' };
    container.does(streaming([pieces[0], result(null, error), pieces[1]]));
    const answer = await ask();
    const lines = await linesOf(answer);
    expect([answer.status, lines.length]).toEqual([200, 2]);
    expect(lines[1]).toMatchObject({ id: lines[0].id, state: 'failed', outputs: null, error });
    expect(await ended(lines[0].id)).toMatchObject({ state: 'failed', error });
  });

  it('empty lines keep a silent one alive, from before its first piece', async () => {
    container.does(async (response) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      response.writeHead(200).write(`${JSON.stringify(pieces[0])}\n`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      response.end(JSON.stringify(pieces[1]));
    });
    const { id: userId, accountId } = mystic.people.editor;
    const principal = { kind: 'user', userId, accountId, roles: ['editor'] } as const;
    const { house } = mystic;
    const context = { house, db: house.db, principal, asker: { address: '', requestId: '', origin: '' } };
    const call = { query: {}, body: { pipeline }, page: { offset: 0, order: [] } };
    const { reply } = await streamRun(context, call as never, 100);
    const { source, ...flow } = reply.body as Flow;
    // It was silent for once already: that is said before anything else is waited for.
    expect(await source.next()).toEqual({ done: false, value: '\n' });
    const { answer } = await poured({ source, ...flow });
    const lines = (await text(answer))
      .split('\n')
      .map((line) => (line === '' ? '' : JSON.parse(line).outputs[0].value));
    expect(lines.filter((line) => line !== '')).toEqual([1, 2]);
    expect(lines.indexOf(1)).toBeGreaterThanOrEqual(1);
    expect(lines.indexOf(2)).toBeGreaterThanOrEqual(lines.indexOf(1) + 2);
  });

  it('503 with the run where nobody is there', async () => {
    container.is(503, 'loading');
    const answer = await ask();
    expect([answer.status, await answer.json()]).toMatchObject([503, { state: 'no_resources_available', ...bare }]);
    const { id } = await mystic.pipeline('streamless');
    expect((await ask({ pipeline: id })).status).toBe(503);
    container.is(200, 'loaded');
    const loading = { type: 'pipeline_loading', message: 'Pipeline is still loading', traceback: null };
    container.does((response) => json(response, 200, result(null, loading)));
    expect((await ask()).status).toBe(503);
  });

  it.each([
    ['inputs that do not fit', 400, result(null, { type: 'input_error', message: 'm' }), { type: 'input_error' }],
    ['no stream among the outputs', 500, { error: "TypeError('No streaming outputs found')" }, { type: 'unknown' }],
    [
      'a pipeline that did not start',
      200,
      result(null, { type: 'startup_error', message: 'm' }),
      { type: 'startup_error' },
    ],
  ])('%s: one line', async (_name, status, body, error) => {
    container.does((response) => json(response, status, body));
    const answer = await ask();
    const lines = await linesOf(answer);
    expect([answer.status, lines]).toMatchObject([200, [{ state: 'failed', outputs: null, error }]]);
    expect(await ended(lines[0].id)).toMatchObject({ state: 'failed', error });
  });

  it.each([
    ['no JSON', ['data: x\n'], 'failed'],
    ['HTML', ['<html>\n<body>'], 'failed'],
    ['a line of 11 MiB', [' '.repeat(100), 'x'.repeat(11 << 20)], 'failed'],
  ])('%s in the middle: a last line, and the connection to it is closed', async (_name, rest, state) => {
    const left = container.left();
    container.does(async (response, asked) => {
      response.on('error', () => {});
      await streaming([pieces[0], ...rest], 10)(Object.assign(response, { end: () => response }), asked);
    });
    const lines = await linesOf(await ask());
    expect(lines).toMatchObject([{ state: 'running' }, { state, error: { type: 'unknown' } }]);
    expect(await ended(lines[0].id)).toMatchObject({ state });
    await vi.waitFor(() => expect(container.left()).toBe(left + 1), { timeout: 3_000 });
  });

  it('a container that breaks off: a last line, never an answer without an end', async () => {
    container.does((response) => {
      response.writeHead(200).write(`${JSON.stringify(pieces[0])}\n{"outp`);
      setTimeout(() => response.destroy(), 30);
    });
    const lines = await linesOf(await ask());
    expect(lines).toMatchObject([{ state: 'running' }, { state: 'node_preempted', error: { type: 'unknown' } }]);
    expect(await ended(lines[0].id)).toMatchObject({ state: 'node_preempted' });
  });

  it.each([
    ['while the container is silent', () => {}],
    ['while pieces come', (more: () => void) => more()],
  ])('a caller who leaves %s: the container is left, and the run has failed', async (_name, begin) => {
    const left = container.left();
    container.does((response) => {
      response.writeHead(200).write(`${JSON.stringify(pieces[0])}\n`);
      let open = true;
      response.on('close', () => {
        open = false;
      });
      // Faster than the caller reads.
      const more = () =>
        open && response.write(`${JSON.stringify(piece('x'.repeat(100_000)))}\n`, () => setImmediate(more));
      begin(more as () => void);
    });
    const gone = new AbortController();
    const answer = await ask({}, gone.signal);
    const text = new TextDecoder().decode((await answer.body?.getReader().read())?.value);
    const { id } = JSON.parse(text.slice(0, text.indexOf('\n')));
    gone.abort();
    await vi.waitFor(() => expect(container.left()).toBe(left + 1), { timeout: 3_000 });
    const { state, error } = await ended(id);
    expect([state, error.message]).toEqual(['failed', 'The stream was cut off before the run had ended']);
  });

  it('a stream whose process died has failed once its lease is over, and is not sent again', async () => {
    const before = container.runs().length;
    const [{ id: pipeline_id } = { id: 0 }] = await mystic.house.db('pipelines').where({ uuid: 'add' }).select('id');
    const lease = { worker: randomUUID(), leased_until: new Date(Date.now() + 300).toISOString() };
    const rest = { account_id: mystic.people.owner.accountId, pipeline_id, inputs: '[]', state: 'running' };
    const row = { ...rest, ...lease, async: false, streamed: true, waits: false };
    const [made] = await mystic.house.db('runs').insert(row).returning('id');
    const { error } = await ended(`run_${made?.id.replaceAll('-', '')}`);
    expect(error.message).toBe('The server was stopped while the run was streaming');
    expect(container.runs().length).toBe(before);
  });
});

describe('/v4/pipelines/{pipeline_id}/container', () => {
  const put = (caller: 'owner' | 'admin' | 'neighbour' | 'anonymous', url: unknown, id = pipeline) =>
    mystic.send(caller, 'PUT', `/v4/pipelines/${id}/container`, { url });

  it('200 for owners alone, and leaves a line in the audit log without the address', async () => {
    const { id } = await mystic.pipeline('attached');
    const get = () => mystic.send('owner', 'GET', `/v4/pipelines/${id}/container`);
    expect((await get()).body).toEqual({ url: null });
    await attach('http://127.0.0.1:14300/prefix', id);
    expect((await get()).body).toEqual({ url: 'http://127.0.0.1:14300/prefix' });
    expect((await put('admin', null, id)).status).toBe(403);
    expect((await mystic.send('admin', 'GET', `/v4/pipelines/${id}/container`)).status).toBe(403);
    expect((await put('neighbour', null, id)).status).toBe(404);
    expect((await mystic.send('neighbour', 'GET', `/v4/pipelines/${id}/container`)).status).toBe(404);
    expect((await put('anonymous', null, id)).status).toBe(401);
    expect((await put('owner', null, 'pipeline_x')).status).toBe(404);
    expect((await get()).body).toEqual({ url: 'http://127.0.0.1:14300/prefix' });
    await attach(null, id);
    expect((await get()).body).toEqual({ url: null });
    const audited = await mystic.house.db('audit_log').where({ subject: id }).orderBy('id');
    expect(audited.map(({ action }) => action)).toEqual(['container_set', 'container_cleared']);
    expect(JSON.stringify(audited)).not.toContain('14300');
  });

  it('is in no answer of any surface to those who are no owners', async () => {
    await attach(container.url);
    for (const path of [`/v4/pipelines/${pipeline}`, '/v4/pipelines', '/v4/runs']) {
      expect(JSON.stringify((await mystic.send('admin', 'GET', path)).body)).not.toContain(`:${container.port}`);
    }
  });

  it.each([
    ...['ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 'example.com', '', '/v4', 'http://'],
    ...[
      'http://user:secret@example.com',
      'http://example.com/?a=b',
      'http://example.com/#x',
      `http://x.com/${'x'.repeat(2048)}`,
    ],
  ])('refuses %s', async (url) => {
    const { status, body } = await put('owner', url);
    expect([status, body.detail.parameter]).toEqual([400, 'url']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it.each([1, true, ['http://x'], {}])('422 for %j', async (url) => {
    expect((await put('owner', url)).status).toBe(422);
  });
});

describe('private addresses, where they are not allowed', () => {
  let guarded: Mystic;
  let id: string;
  beforeAll(async () => {
    guarded = await openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'false' });
    id = (await guarded.pipeline('add')).id;
  });
  afterAll(() => guarded.close());

  it.each([
    ...[
      'http://127.0.0.1:14300',
      'http://localhost:14300',
      'http://10.0.0.1',
      'http://169.254.169.254/latest',
      'http://[::1]',
    ],
    ...['http://[::ffff:127.0.0.1]', 'http://0x7f.1', 'http://2130706433', 'http://192.168.1.1', 'http://[fd00::1]'],
  ])('%s is refused', async (url) => {
    const { status, body } = await guarded.send('owner', 'PUT', `/v4/pipelines/${id}/container`, { url });
    const sentence = 'The URL has no public address; LATCHKEY_PRIVATE_CONTAINERS=true allows others';
    expect([status, body]).toEqual([400, refused(sentence, 'url')]);
  });

  it('a public one and a name that nobody knows yet are not', async () => {
    for (const url of ['https://8.8.8.8:14300/', 'http://not-yet.invalid/']) {
      const { status } = await guarded.send('owner', 'PUT', `/v4/pipelines/${id}/container`, { url });
      expect([url, status]).toEqual([url, 200]);
    }
  });

  it.each(['127.0.0.1', 'localhost'])('%s is refused again when a run is sent there', async (host) => {
    const before = container.all().length;
    const address = `http://${host}:${container.port}/`;
    await guarded.house.db('pipelines').where({ uuid: 'add' }).update({ container_url: address });
    const own = startRuns(guarded.house, brisk);
    const { body } = await guarded.send('editor', 'POST', '/v4/runs', { pipeline: id, inputs: [] });
    expect(body).toMatchObject({
      state: 'failed',
      error: { message: 'The container has no public address, and no other may be asked' },
    });
    expect(container.all().length).toBe(before);
    await own.stop();
  });
});

describe('a server that only its own machine reaches, and nothing is said of private addresses', () => {
  let own: Mystic;
  let id: string;
  beforeAll(async () => {
    own = await openMystic();
    id = (await own.pipeline('add')).id;
  });
  afterAll(() => own.close());
  const attach = (url: string) => own.send('owner', 'PUT', `/v4/pipelines/${id}/container`, { url });

  it('a container of this machine is taken, by its address or by the name localhost, and runs go there', async () => {
    expect((await attach('http://[::1]:14300')).status).toBe(200);
    for (const host of ['127.0.0.1', 'localhost']) {
      expect([host, (await attach(`http://${host}:${container.port}`)).status]).toEqual([host, 200]);
      const before = container.all().length;
      const runs = startRuns(own.house, brisk);
      await own.send('editor', 'POST', '/v4/runs', { pipeline: id, inputs: [] });
      expect(container.all().length).toBeGreaterThan(before);
      await runs.stop();
    }
  });

  it.each(['http://10.0.0.1', 'http://169.254.169.254/latest', 'http://[::ffff:10.0.0.1]', 'http://0.0.0.0'])(
    '%s is refused all the same',
    async (url) => expect((await attach(url)).status).toBe(400),
  );
});
