import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Act, type Container, integer, json, openContainer, result } from '../support/container.ts';
import { int, openRuns, type Runs } from '../support/runs.ts';

let runs: Runs;
let container: Container;
let pipeline: string;

beforeAll(async () => {
  [runs, container] = await Promise.all([openRuns(), openContainer()]);
  await runs.work();
  pipeline = (await runs.pipeline(container.url)).wire;
});
afterAll(async () => {
  await runs.close();
  await container.close();
});
beforeEach(() => {
  container.does();
  container.is(200, 'loaded');
});

/** How a run ends whose container does this; it does not wait for a container. */
const outcome = async (act?: Act, inputs = [int(5), int(4)]) => {
  container.does(act);
  const { id } = await runs.run(pipeline, inputs, { waits: false });
  return runs.ended(id);
};
const failure = (message: unknown, its: object = {}) => ({
  ...{ state: 'failed', outputs: null },
  ...{ error: { type: 'unknown', message, traceback: null, ...its } },
});

describe('what a container says', () => {
  it('its outputs are kept, and when it began and ended', async () => {
    const run = await outcome();
    expect(run).toMatchObject({ state: 'completed', outputs: [integer(9)], error: null, attempts: 1, worker: null });
    expect(run.compute_time_ms).toBeGreaterThanOrEqual(0);
    const times = [run.created_at, run.started_at, run.ended_at].map((time) => Date.parse(String(time)));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((await outcome(undefined, [int(5), int(10)])).outputs).toEqual([integer(15)]);
  });

  it('it is sent run_id and inputs as they came, and nothing of ours', async () => {
    const inputs = [
      { type: 'dictionary', value: { Ä: [1, null, { '🚀': 'x' }] }, file_name: null },
      { type: 'integer', value: true },
    ] as never[];
    const { id } = await outcome((response) => json(response, 200, result([])), inputs);
    const asked = container.runs().at(-1);
    expect(asked?.body).toEqual({ run_id: `run_${id.replaceAll('-', '')}`, inputs, async_run: false });
    expect(asked?.path).toBe('/v4/runs');
    expect(Object.keys(asked?.headers ?? {}).sort()).toEqual(
      ['accept', 'connection', 'content-length', 'content-type', 'host', 'user-agent'].sort(),
    );
  });

  it('floats keep their point, as Python tells them from integers by it', async () => {
    const fp = (value: unknown) => ({ type: 'fp', value, file_name: null }) as never;
    const inputs = [fp(2), fp(-3), fp(0.5), fp(1e21), fp(null), fp('4'), int(5)];
    container.does((response) => json(response, 200, result([])));
    await outcome((response) => json(response, 200, result([])), inputs);
    expect(container.runs().at(-1)?.body.inputs).toEqual(inputs);
    const text = container.runs().at(-1)?.text ?? '';
    expect([...text.matchAll(/"value":([^,}]+)/g)].map(([, value]) => value)).toEqual([
      '2.0',
      '-3.0',
      '0.5',
      '1e+21',
      'null',
      '"4"',
      '5',
    ]);
  });

  it('400 with input_error, 200 with pipeline_error, 500 with error and traceback', async () => {
    expect(await outcome(undefined, [int(1)])).toMatchObject(
      failure('Inputs do not match graph inputs', { type: 'input_error' }),
    );
    expect(await outcome(undefined, [int(-5), int(5)])).toMatchObject(
      failure("ValueError('I can only sum positive integers')", {
        type: 'pipeline_error',
        traceback: expect.stringMatching(/^Traceback \(most recent call last\):/),
      }),
    );
    const crash = { error: "TypeError('x')", traceback: 'Traceback …' };
    expect(await outcome((response) => json(response, 500, crash))).toMatchObject(
      failure("TypeError('x')", { traceback: 'Traceback …' }),
    );
    const known = { type: 'cuda_oom', message: 'out of memory' };
    expect(await outcome((response) => json(response, 500, result(null, known)))).toMatchObject(
      failure('out of memory', { type: 'cuda_oom' }),
    );
  });

  it('startup_error with its traceback, also where the state says 500', async () => {
    container.is(500, 'load_failed');
    const error = { type: 'startup_error', message: 'Pipeline failed to load', traceback: 'Traceback …' };
    expect(await outcome((response) => json(response, 200, result(null, error)))).toMatchObject({ error });
  });

  it('types of errors that the client does not know become unknown', async () => {
    const error = { type: 'solar_flare', message: 'm', traceback: 't' };
    expect(await outcome((response) => json(response, 200, result(null, error)))).toMatchObject(
      failure('m', { traceback: 't' }),
    );
  });

  it('files, with and without a URL', async () => {
    const file = { name: 'a.png', path: '/tmp/a.png', size: 3, url: null };
    const outputs = [
      { type: 'file', value: null, file },
      { type: 'file', value: null, file: { ...file, size: -1, url: 'https://example.com/a.png' } },
      { type: 'array', value: [{ type: 'file', value: null, file }], file: null },
    ];
    expect((await outcome((response) => json(response, 200, result(outputs)))).outputs).toEqual(outputs);
  });

  it('what Postgres cannot keep is replaced, and nothing else', async () => {
    const value = { 'a\0': ['\ud800', '\\u0000', 'é🚀'] };
    const outputs = [{ type: 'dictionary', value, file: null }];
    const run = await outcome((response) => json(response, 200, result(outputs)));
    expect(run.outputs?.[0]?.value).toEqual({ 'a\uFFFD': ['\uFFFD', '\\u0000', 'é🚀'] });
  });
});

describe('a container that is not there', () => {
  const nobody = { state: 'no_resources_available', outputs: null, error: null };

  it('503, while it is loading, or a port that nobody listens on', async () => {
    expect(await outcome((response) => json(response, 503, {}))).toMatchObject(nobody);
    const loading = { type: 'pipeline_loading', message: 'Pipeline is still loading', traceback: null };
    expect(await outcome((response) => json(response, 200, result(null, loading)))).toMatchObject(nobody);
    container.is(503, 'loading');
    const before = container.runs().length;
    expect(await outcome()).toMatchObject(nobody);
    expect(container.runs().length).toBe(before);
    const gone = await openContainer();
    await gone.close();
    const { id } = await runs.run((await runs.pipeline(gone.url)).wire, [], { waits: false });
    expect(await runs.ended(id)).toMatchObject(nobody);
  });

  it('a name that nobody knows', async () => {
    const { wire } = await runs.pipeline('http://nobody.invalid:14300/');
    const { id } = await runs.run(wire, [], { waits: false });
    expect(await runs.ended(id)).toMatchObject(nobody);
  });

  it('a pipeline without one: at once, and nothing is queued', async () => {
    const { wire } = await runs.pipeline(null);
    expect(await runs.run(wire, [], { waits: false })).toMatchObject({ ...nobody, ended_at: expect.any(String) });
  });

  it('is waited for where the run waits, and takes the run once when it comes', async () => {
    container.is(503, 'loading');
    const before = container.runs().length;
    const { id } = await runs.run(pipeline, [int(1), int(2)]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await runs.row(id)).toMatchObject({ state: expect.stringMatching(/^(routing|running)$/), ended_at: null });
    container.is(200, 'loaded');
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(3)], attempts: 1 });
    expect(container.runs().length).toBe(before + 1);
  });

  it('is waited for until it has one at all', async () => {
    const { id: pipelineId, wire } = await runs.pipeline(null);
    const { id } = await runs.run(wire, [int(1), int(1)]);
    await runs.house.db('pipelines').where({ id: pipelineId }).update({ container_url: container.url });
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(2)] });
  });

  it('is not waited for longer than it may be', async () => {
    container.is(503, 'loading');
    const began = Date.now();
    const { id } = await runs.run(pipeline, []);
    expect(await runs.ended(id)).toMatchObject(nobody);
    expect(Date.now() - began).toBeGreaterThanOrEqual(500);
  });
});

describe('a container that means harm', () => {
  const html: Act = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  const cases: [string, Act, unknown][] = [
    ['no JSON', html, failure(expect.stringContaining('is no result'))],
    ['an array', (response) => json(response, 200, []), failure(expect.stringContaining('is no result'))],
    ['null', (response) => json(response, 200, null), failure(expect.stringContaining('is no result'))],
    ['outputs that are no list', (r) => json(r, 200, result('x')), failure(expect.stringContaining('is no result'))],
    [
      'an output of no type',
      (r) => json(r, 200, result([{ value: 1 }])),
      failure(expect.stringContaining('no result')),
    ],
    ['null for an output', (r) => json(r, 200, result([null])), failure(expect.stringContaining('is no result'))],
    [
      'a file without a size',
      (r) => json(r, 200, result([{ type: 'file', file: { name: 'a', path: 'b' } }])),
      failure(expect.stringContaining('is no result')),
    ],
    ['an error that is text', (r) => json(r, 200, result(null, 'x')), failure(expect.stringContaining('no result'))],
    ['an error without words', (r) => json(r, 200, result(null, {})), failure(expect.stringContaining('is no result'))],
    ['400 without an error', (r) => json(r, 400, result([])), failure('The container answered with status 400')],
    ['202', (r) => json(r, 202, result(null)), failure('The container answered with status 202')],
    ['204', (r) => r.writeHead(204).end(), failure('The container answered with status 204')],
    ['404', (r) => json(r, 404, { detail: 'Not Found' }), failure('The container answered with status 404')],
    ['500 in HTML', (r) => r.writeHead(500).end('<html>'), failure(expect.stringContaining('is no result'))],
    [
      'values nested 5000 deep',
      (r) =>
        r
          .writeHead(200)
          .end(`{"outputs":[{"type":"array","value":${'['.repeat(5000)}${']'.repeat(5000)}}],"error":null}`),
      failure(expect.stringContaining('is no result')),
    ],
    [
      'objects nested a million deep',
      (r) => r.writeHead(200).end(`{"outputs":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}}`),
      failure(expect.stringContaining('is no result')),
    ],
    [
      'a number that JSON cannot hold',
      (r) => r.writeHead(200).end('{"outputs":[{"type":"fp","value":NaN}],"error":null}'),
      failure(expect.stringContaining('is no result')),
    ],
    [
      'a head that never ends',
      (r) => r.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
      failure('The container could not be asked (HPE_HEADER_OVERFLOW)'),
    ],
    ['no HTTP', (r) => r.socket?.end('SSH-2.0\r\n'), failure(expect.stringMatching(/could not be asked \(HPE_/))],
  ];
  it.each(cases)('%s', async (_name, act, expected) => {
    expect(await outcome(act)).toMatchObject(expected as object);
  });

  it.each([301, 302, 307, 308])('%i is not followed', async (status) => {
    const elsewhere = await openContainer();
    const location = `${elsewhere.url}/v4/runs`;
    const run = await outcome((response) => response.writeHead(status, { location }).end());
    expect(run).toMatchObject(failure(`The container answered with status ${status}`));
    expect(elsewhere.all()).toEqual([]);
    await elsewhere.close();
  });

  it('an answer without an end is left at 10 MiB', async () => {
    const before = container.left();
    const run = await outcome((response) => {
      response.writeHead(200);
      let open = true;
      response.on('close', () => {
        open = false;
      });
      const more = () => open && response.write('x'.repeat(1 << 20), () => setImmediate(more));
      more();
    });
    expect(run).toMatchObject(failure('The container’s answer is larger than 10485760 bytes'));
    expect(container.left()).toBe(before + 1);
  });

  it('no answer at all is a timeout', async () => {
    const before = container.left();
    const run = await outcome(() => {});
    expect(run).toMatchObject(failure('The container did not answer within 2 seconds', { type: 'timeout' }));
    expect(run.attempts).toBe(1);
    expect(container.left()).toBe(before + 1);
  });

  it('an answer that comes a byte at a time, too', async () => {
    const run = await outcome((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    });
    expect(run).toMatchObject(failure('The container did not answer within 2 seconds', { type: 'timeout' }));
  });

  it('one that breaks off while it is at work was lost, and the run is not sent again', async () => {
    const before = container.runs().length;
    const lost = { ...failure('The container was lost while it was at work'), state: 'node_preempted' };
    expect(await outcome((response) => response.destroy())).toMatchObject(lost);
    expect(
      await outcome((response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"out');
        setTimeout(() => response.destroy(), 20);
      }),
    ).toMatchObject(lost);
    expect(container.runs().length).toBe(before + 2);
  });

  it('one that takes connections and says nothing of its state', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { wire } = await runs.pipeline(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    const { id } = await runs.run(wire, []);
    expect(await runs.ended(id)).toMatchObject({ state: 'failed', error: { type: 'timeout' } });
    mute.close();
  });

  it('after all of these, runs run', async () => {
    expect(await outcome()).toMatchObject({ state: 'completed', outputs: [integer(9)] });
    expect(runs.log.join('')).not.toContain('runs could not be taken up');
  });
});
