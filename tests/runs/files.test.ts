import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { type Act, type Container, json, openContainer, result } from '../support/container.ts';
import type { Body } from '../support/mage.ts';
import { type Caller, type Mystic, openMystic } from '../support/mystic.ts';
import { brisk, url as databaseUrl } from '../support/runs.ts';

// Files into runs and out of them, through HTTP on both sides.

const most = 50_000;
let mystic: Mystic;
let container: Container;
let runner: Runner;
let worker: Worker;
let pipeline: Body;

/** What the container has, by path; it is asked for by paths of URLs, as they come. */
const made = new Map<string, Buffer | Act>();
/** Its outputs, and what it was sent last. */
let outputs: unknown[] = [];
let sent: Body[] = [];

const act: Act = (response, asked) => {
  if (asked.path.startsWith('/v4/files/download/')) {
    const at = decodeURIComponent(asked.path.slice('/v4/files/download'.length));
    const there = made.get(at);
    if (there === undefined) return json(response, 404, { detail: 'File not found' });
    if (typeof there === 'function') return there(response, asked);
    return response.writeHead(200, { 'content-type': 'text/html' }).end(there);
  }
  sent = asked.body.inputs;
  const answer = result(outputs);
  if (!asked.path.endsWith('/stream')) return json(response, 200, answer);
  const line = `${JSON.stringify(answer)}\n`;
  return response.writeHead(200, { 'content-type': 'application/json' }).end(line + line);
};

beforeAll(async () => {
  mystic = await openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'true', LATCHKEY_MAX_UPLOAD_BYTES: String(most) });
  container = await openContainer();
  container.does(act);
  runner = startRuns(mystic.house, brisk);
  worker = await startWorker(mystic.house, databaseUrl(mystic), undefined, { run: async () => runner.look() });
  pipeline = await mystic.pipeline('files');
  const set = { url: container.url };
  expect((await mystic.call('PUT', `/v4/pipelines/${pipeline.id}/container`, set))[0]).toBe(200);
});
afterAll(async () => {
  await worker.stop();
  await runner.stop(0);
  await container.close();
  await mystic.close();
});
beforeEach(() => {
  made.clear();
  outputs = [];
  sent = [];
});

const run = async (inputs: unknown[] = [], caller: Caller = 'owner', path = '/v4/runs'): Promise<Body> => {
  const [status, body] = await mystic.call('POST', path, { pipeline: pipeline.id, inputs }, caller);
  return { status, ...body };
};
const file = (path: string, its: object = {}) => ({ name: path.split('/').at(-1), path, size: 3, url: null, ...its });
const output = (path: string, its?: object) => ({ type: 'file', value: null, file: file(path, its) });
const upload = async (name: string, text: string, caller: 'owner' | 'neighbour' = 'owner'): Promise<Body> => {
  const answer = await mystic.bare('POST', '/v4/files', (asked) =>
    asked.set('Authorization', `Bearer ${mystic.people[caller].key}`).attach('pfile', Buffer.from(text), name),
  );
  expect(answer.status).toBe(201);
  return answer.body;
};
/** What is behind an address, without a token. */
const bytesAt = async (url: string): Promise<[number, string]> => {
  const path = url.slice(new URL(url).origin.length);
  const { status, body, text } = await mystic.bare('GET', path, (asked) => asked.buffer(true));
  return [status, Buffer.isBuffer(body) ? body.toString() : text];
};
const files = (): Promise<Body[]> => mystic.house.db('run_files');

describe('A11: what goes in', () => {
  it('a file of ours gets an address, whatever it is named by, also deep inside', async () => {
    const { id, path, url } = await upload('/home/ada/my cat.jpg', 'cat');
    const old = `http://elsewhere.example/v3/pipeline_files/download/${id}?expires=1&signature=x`;
    const named = [
      { file_path: path },
      { file_path: `/${path}` },
      { file_path: id },
      { file_path: url },
      { file_url: url },
      { file_url: encodeURIComponent(url).replaceAll('%2F', '/').replaceAll('%3A', ':'), file_path: '/tmp/x' },
      { file_path: old },
      { file_url: old.replace('?', '%3F') },
      { file_path: `https://storage.mystic.ai/${path}`, file_url: '' },
    ].map((its) => ({ type: 'file', value: null, ...its }));
    const nested = { type: 'dictionary', value: { a: [{ b: named[0] }], file_path: path } };
    const answer = await run([...named, nested]);
    expect(answer.state).toBe('completed');
    for (const one of [...sent.slice(0, -1), sent.at(-1)?.value.a[0].b]) {
      expect(one).toMatchObject({ type: 'file', file_path: path });
      expect(one.file_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v3\/pipeline_files\/download\/[\w./-]+\.jpg$/);
      expect(await bytesAt(one.file_url)).toEqual([200, 'cat']);
    }
    // What is no file is left alone.
    expect(sent.at(-1)?.value.file_path).toBe(path);
    expect(answer.inputs[0]).toMatchObject({ file_name: 'my cat.jpg', file_path: path });
    const [, read] = await mystic.call('GET', `/v4/runs/${answer.id}`, undefined, 'viewer');
    expect(await bytesAt(read.inputs.at(-1).value.a[0].b.file_url)).toEqual([200, 'cat']);
  });

  it('files that are elsewhere stay as they are', async () => {
    const elsewhere = [
      { file_path: '/tmp/ab/cd/x.jpg' },
      { file_path: 'https://example.com/a b.jpg', file_name: 'a b.jpg' },
      { file_url: 'https://example.com/v3/pipeline_files/x', file_path: 'pipeline_files/../x' },
      { file_path: `https://example.com/v3/pipeline_files/download/file_${'0'.repeat(32)}/1-x/a.jpg` },
    ].map((its) => ({ type: 'file', value: null, ...its }));
    expect((await run(elsewhere)).state).toBe('completed');
    expect(sent).toMatchObject(elsewhere);
  });

  it('a path of ours without a file in the account is refused, in one sentence', async () => {
    const theirs = await upload('theirs.txt', 'theirs', 'neighbour');
    for (const path of [theirs.path, theirs.path.replace(/[\da-f-]{36}/, '4c4d1be2-a0b9-4d0c-8d6a-3b6a0c1d2e3f')]) {
      const message = `File not found: ${path}`;
      for (const input of [
        { type: 'file', file_path: path },
        { type: 'array', value: [{ type: 'file', file_path: path }] },
      ])
        expect(await run([input])).toEqual({ status: 400, detail: { message, parameter: 'inputs' } });
    }
    // An address of theirs opens for whoever has it, and no fresh one is made of it.
    await run([{ type: 'file', file_url: theirs.url }]);
    expect(sent[0]?.file_url).toBe(theirs.url);
  });
});

describe('A10: what comes out', () => {
  it('a file, and files in lists and dictionaries, have a name, a size, a path and an address of ours', async () => {
    made.set('/tmp/run_files/1/image 0.png', Buffer.from('one'));
    made.set('/tmp/run_files/2/ä#?%.txt', Buffer.from('two!'));
    made.set('/tmp/run_files/3/empty', Buffer.alloc(0));
    const list = ['/tmp/run_files/2/ä#?%.txt', '/tmp/run_files/3/empty'].map((path) => output(path));
    outputs = [
      output('/tmp/run_files/1/image 0.png', { size: -1 }),
      { type: 'array', value: list, file: null },
      { type: 'dictionary', value: { deep: [{ er: output('/tmp/run_files/1/image 0.png') }] }, file: null },
      { type: 'integer', value: 5, file: null },
    ];
    const answer = await run();
    expect([answer.status, answer.state, answer.error]).toEqual([200, 'completed', null]);
    const [one, { value: more }, { value: nested }, five] = answer.outputs;
    expect(one).toEqual({
      type: 'file',
      value: null,
      file: {
        name: 'image 0.png',
        path: expect.stringMatching(/^run_files\/[\da-f]{2}\/[\da-f]{2}\/[\da-f-]{36}\/image 0\.png$/),
        size: 3,
        url: expect.stringMatching(/\/[\da-f-]{36}\.png$/),
      },
    });
    expect(more.map(({ file }: Body) => [file.name, file.size])).toEqual([
      ['ä#?%.txt', 4],
      ['empty', 0],
    ]);
    expect(nested.deep[0].er.file.path).toBe(one.file.path);
    expect(five).toEqual({ type: 'integer', value: 5, file: null });
    for (const [at, text] of [
      [one, 'one'],
      [more[0], 'two!'],
      [more[1], ''],
    ]) {
      expect(await bytesAt(at.file.url)).toEqual([200, text]);
      const path = `/${at.file.path.split('/').map(encodeURIComponent).join('/')}`;
      expect((await mystic.send('viewer', 'GET', path)).status).toBe(200);
      expect((await mystic.send('neighbour', 'GET', path)).status).toBe(404);
      expect((await mystic.send('anonymous', 'GET', path)).status).toBe(401);
    }
    const [, later] = await mystic.call('GET', `/v4/runs/${answer.id}`);
    expect(later.outputs).toEqual(answer.outputs);
    // Into the next run, by its path and by its address.
    await run([
      { type: 'file', file_path: one.file.path },
      { type: 'file', file_url: one.file.url },
    ]);
    for (const { file_url } of sent) expect(await bytesAt(file_url)).toEqual([200, 'one']);
  });

  it('in a stream each line has them, and each is fetched once', async () => {
    made.set('/tmp/run_files/s/s.txt', Buffer.from('still'));
    outputs = [{ type: 'string', value: 'a', file: null }, output('/tmp/run_files/s/s.txt')];
    const before = container.all().length;
    const answer = await mystic.bare('POST', '/v4/runs/stream', (asked) =>
      asked
        .set('Authorization', `Bearer ${mystic.people.owner.key}`)
        .send({ pipeline: pipeline.id, inputs: [] })
        .buffer(true)
        .parse((response, done) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => done(null, JSON.parse(text.trim().split('\n').at(-1) as string)));
        }),
    );
    expect(answer.body.state).toBe('running');
    expect(await bytesAt(answer.body.outputs[1].file.url)).toEqual([200, 'still']);
    const asked = container.all().slice(before);
    expect(asked.filter(({ path }) => path.includes('/download/'))).toHaveLength(1);
    const [, { state, outputs: kept }] = await mystic.call('GET', `/v4/runs/${answer.body.id}`);
    expect(state).toBe('completed');
    expect(await bytesAt(kept[1].file.url)).toEqual([200, 'still']);
  });

  it.each([
    ['is not there', undefined, /"gone.txt" could not be kept: the container answered with status 404/],
    ['is too large', Buffer.alloc(most + 1), new RegExp(`larger than ${most} bytes`)],
    ['never ends', ((response) => endless(response)) satisfies Act, new RegExp(`larger than ${most} bytes`)],
    ['breaks off', ((response) => broken(response)) satisfies Act, /broke off/],
    ['is elsewhere', ((response) => moved(response)) satisfies Act, /status 302/],
  ] as [string, Buffer | Act | undefined, RegExp][])(
    'a file that %s: the run failed, its other outputs stay',
    async (_, there, why) => {
      if (there) made.set('/tmp/gone.txt', there);
      outputs = [{ type: 'integer', value: 5, file: null }, output('/tmp/gone.txt')];
      const before = (await files()).length;
      const answer = await run();
      expect(answer).toMatchObject({ status: 200, state: 'failed', error: { type: 'unknown' } });
      expect(answer.error.message).toMatch(why);
      expect(answer.outputs[0].value).toBe(5);
      expect(answer.outputs[1].file.url).toBeNull();
      expect((await files()).length).toBe(before);
      expect(elsewhere).toBe(0);
    },
  );

  it('nothing is fetched but from the container, and no name leads out of the store', async () => {
    const odd = [
      '/../../etc/passwd',
      '..',
      '//evil.example/x',
      'http://evil.example/x',
      '/a/%2e%2e/%2f..',
      '/x?y#z',
      '/a\\..\\b',
    ];
    for (const path of odd) {
      outputs = [output(path, { name: '../../../etc/cron.d/x', url: moveTo })];
      const before = container.all().length;
      const answer = await run();
      // It says itself that it has it elsewhere: that is passed on, and not asked.
      expect(answer).toMatchObject({ state: 'completed', outputs: [{ file: { url: moveTo } }] });
      for (const asked of container.all().slice(before + 2)) expect(asked.path).toMatch(/^\/v4\/files\/download\//);
    }
    expect(elsewhere).toBe(0);
    made.set('/etc/passwd', Buffer.from('of the container'));
    outputs = [output('/../../etc/passwd', { name: '../../../etc/cron.d/x' })];
    const [{ file }] = (await run()).outputs;
    expect([file.name, file.path.split('/').length]).toEqual(['x', 5]);
  });

  it('what the caller named is not fetched for them', async () => {
    made.set('/app/secret', Buffer.from('secret'));
    outputs = [output('/app/secret'), { type: 'array', value: [output('/app/secret')], file: null }];
    const before = container.all().length;
    const answer = await run([{ type: 'array', value: [output('/app/secret')] }]);
    expect(answer.outputs[0].file.url).toBeNull();
    expect(
      container
        .all()
        .slice(before)
        .filter(({ path }) => path.includes('secret')),
    ).toEqual([]);
  });

  it('they go with their run, and what something else refers to stays', async () => {
    const { db } = mystic.house;
    const [of, name] = [await mystic.pipeline('going'), 'kept.txt'];
    await mystic.call('PUT', `/v4/pipelines/${of.id}/container`, { url: container.url });
    made.set('/tmp/gone.txt', Buffer.from('goes'));
    made.set('/tmp/kept.txt', Buffer.from('stays'));
    outputs = [output('/tmp/gone.txt'), output('/tmp/kept.txt')];
    const [, answer] = await mystic.call('POST', '/v4/runs', { pipeline: of.id, inputs: [] });
    const [goes, stays] = answer.outputs.map(({ file }: Body) => file.path.split('/')[3]);
    const account_id = mystic.people.owner.accountId;
    await db('attachments').insert({ account_id, file_id: stays, type: 'other', filename: name });
    expect((await mystic.call('DELETE', `/v4/pipelines/${of.id}`))[0]).toBe(204);
    expect(await db('files').whereIn('id', [goes, stays]).pluck('id')).toEqual([stays]);
    const sha256 = createHash('sha256').update('goes').digest('hex');
    const read = async () => (await mystic.house.files.read({ sha256, size: 4 })).destroy();
    await vi.waitFor(() => expect(read()).rejects.toMatchObject({ kind: 'not_found' }), 5_000);
    expect(await bytesAt(answer.outputs[1].file.url)).toEqual([200, 'stays']);
  });
});

/** Somebody else, whom nobody may ask. */
let elsewhere = 0;
let moveTo = '';
const other = createServer((_request, response) => {
  elsewhere += 1;
  response.end('elsewhere');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  moveTo = `http://127.0.0.1:${(other.address() as AddressInfo).port}/x`;
});
afterAll(() => void other.close());

type Response = Parameters<Act>[0];
const moved = (response: Response) => response.writeHead(302, { location: moveTo }).end();
function broken(response: Response) {
  response.writeHead(200, { 'content-length': '10' }).write('half');
  setTimeout(() => response.destroy(), 20);
}
function endless(response: Response) {
  response.writeHead(200);
  const more = () => response.destroyed || response.write(Buffer.alloc(10_000), () => setImmediate(more));
  more();
}
