import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Exact, readJson, readPythonJson, writeJson } from '../../src/contract/json.ts';
import { startRuns } from '../../src/core/runs/runner.ts';
import { startWorker } from '../../src/core/worker.ts';
import { type Container, openContainer } from '../support/container.ts';
import { type Mystic, openMystic, pushed } from '../support/mystic.ts';
import { brisk, url } from '../support/runs.ts';

/** Numbers that a JavaScript number changes, in value or in writing; some of each inside texts. */
const odd =
  '{"big":9007199254740993,"huge":1e400,"whole":7.0,"minus":-0,"e":1E5,"list":[2.0,{"__proto__":1.50}],"s":"7.0 \\" 1e400","long":0.1000000000000000055511151231257827}';

describe('B3: JSON with its numbers as they came', () => {
  it.each([odd, '[1.0]', '-0', '1e400', '"7.0"', '{"7.0":"1e400\\\\"}', '[]', '{"a":1,"b":0.5}'])('%s', (text) => {
    expect(writeJson(readJson(text))).toBe(text);
    expect(JSON.stringify(readJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each(['{1.0:2}', '[01.0]', '[1.0 2.0]', '1.0.0', '[1.0"a"]', 'NaN', '[1.]'])('%s is no JSON', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });

  it('a text that looks like what we write is a text', () => {
    const text = JSON.stringify({ a: `number:${'0'.repeat(32)}:7.0` });
    expect(writeJson(readJson(text))).toBe(text);
  });

  it('Python’s NaN and infinities, where they are taken', () => {
    expect(readPythonJson('[NaN, -Infinity, "NaN", 7.0]')).toEqual([
      new Exact('NaN'),
      new Exact('-Infinity'),
      'NaN',
      new Exact('7.0'),
    ]);
    for (const text of ['{NaN: 1}', '-NaN', 'NaN1', '[NaN']) expect(() => readPythonJson(text)).toThrow(SyntaxError);
  });
});

describe('B3: on the way through', () => {
  let mystic: Mystic;
  let container: Container;
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    [mystic, container] = await Promise.all([openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'true' }), openContainer()]);
    const runner = startRuns(mystic.house, brisk);
    const worker = await startWorker(mystic.house, url(mystic), undefined, { run: async () => runner.look() });
    stops.push(
      () => worker.stop(),
      () => runner.stop(0),
      () => mystic.close(),
      () => container.close(),
    );
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  /** Sends a text as it stands, and gives the answer as it stands. */
  const exchange = async (method: string, path: string, body?: string) => {
    const { key } = mystic.people.owner;
    const { status, text } = await mystic.bare(method, path, (sent) => {
      sent.set('Authorization', `Bearer ${key}`);
      return body === undefined ? sent : sent.set('Content-Type', 'application/json').send(body);
    });
    return { status, text };
  };

  it('inputs reach the container, and outputs the caller, as they were written', async () => {
    const { id } = await mystic.pipeline('exact');
    await exchange('PUT', `/v4/pipelines/${id}/container`, `{"url":"${container.url}"}`);
    container.does((response) => {
      const file = '{"name":"a","path":"/a","size":3.0,"url":null}';
      const outputs = `[{"type":"dictionary","value":${odd},"file":null},{"type":"fp","value":1.0,"file":null},{"type":"file","value":null,"file":${file}}]`;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"inputs":null,"outputs":${outputs},"error":null}`);
    });
    const inputs = `[{"type":"dictionary","value":${odd}},{"type":"integer","value":9007199254740993},{"type":"fp","value":2},{"type":"fp","value":2.0},{"type":"fp","value":9007199254740993}]`;
    const { status, text } = await exchange('POST', '/v4/runs', `{"pipeline":"${id}","inputs":${inputs}}`);
    expect(status).toBe(200);
    const [sent] = container.runs();
    expect(sent?.text).toContain(`"value":${odd}`);
    expect(sent?.text.match(/"value":[\d.]+/g)).toEqual([
      '"value":9007199254740993',
      '"value":2.0',
      '"value":2.0',
      '"value":9007199254740993.0',
    ]);
    const runId = JSON.parse(text).id;
    for (const answer of [text, (await exchange('GET', `/v4/runs/${runId}`)).text]) {
      expect(answer.split(`"value":${odd}`)).toHaveLength(3);
      expect(answer).toContain('"value":9007199254740993}');
      expect(answer).toContain('{"type":"fp","value":1.0,');
    }
  });

  it('a stream’s pieces', async () => {
    const { id } = await mystic.pipeline('exact_stream');
    await exchange('PUT', `/v4/pipelines/${id}/container`, `{"url":"${container.url}"}`);
    container.does((response) => {
      response
        .writeHead(200)
        .end(`{"inputs":null,"outputs":[{"type":"dictionary","value":${odd},"file":null}],"error":null}\n`);
    });
    const { text } = await exchange('POST', '/v4/runs/stream', `{"pipeline":"${id}","inputs":[]}`);
    expect(text).toContain(`"value":${odd}`);
  });

  it('args of scaling configurations and extras of pipelines, changed ones and copies too', async () => {
    const config = (name: string) =>
      `{"name":"${name}","type":"windows","args":{"more":${odd}},"minimum_nodes":0,"maximum_nodes":1.0}`;
    const made = await exchange('POST', '/v4/scaling-configs', config('exact'));
    expect([made.status, made.text.includes(`"args":{"more":${odd}}`)]).toEqual([201, true]);
    const changed = await exchange('PATCH', '/v4/scaling-configs/exact', `{"args":{"other":${odd}}}`);
    expect(changed.text).toContain(`"args":{"other":${odd}}`);

    const { extras: _none, ...rest } = pushed('exact_extras');
    const body = `${JSON.stringify(rest).slice(0, -1)},"extras":{"more":${odd}}}`;
    const pipeline = await exchange('POST', '/v4/pipelines', body);
    expect(pipeline.text).toContain(`"extras":{"more":${odd}}`);
    const { id } = JSON.parse(pipeline.text);
    const patched = await exchange('PATCH', `/v4/pipelines/${id}`, `{"extras":{"again":${odd}}}`);
    expect(patched.text).toContain(`"extras":{"again":${odd}}`);
    const copy = await exchange(
      'POST',
      `/v4/pipelines/${id}/clone`,
      '{"cluster":{"id":"c","node_pool":"p","size":1e400}}',
    );
    expect([copy.status, copy.text.includes(`"extras":{"again":${odd}}`), copy.text.includes('"size":1e400')]).toEqual([
      200,
      true,
      true,
    ]);
  });

  it('NUL is refused in what is kept, wherever it is', async () => {
    const { id } = await mystic.pipeline('nul');
    const nul = '{"a":["\\u0000"]}';
    for (const [method, path, body] of [
      ['POST', '/v4/runs', `{"pipeline":"${id}","inputs":[{"type":"dictionary","value":${nul}}]}`],
      ['PATCH', `/v4/pipelines/${id}`, `{"extras":${nul}}`],
      [
        'POST',
        '/v4/scaling-configs',
        `{"name":"nul","type":"windows","args":${nul},"minimum_nodes":0,"maximum_nodes":1}`,
      ],
    ] as const) {
      expect([path, (await exchange(method, path, body)).status]).toEqual([path, 400]);
    }
    const escaped = await exchange('PATCH', `/v4/pipelines/${id}`, '{"extras":{"a":"\\\\u0000"}}');
    expect([escaped.status, JSON.parse(escaped.text).extras]).toEqual([200, { a: '\\u0000' }]);
  });
});
