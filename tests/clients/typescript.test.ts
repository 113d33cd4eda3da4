import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  Conflict,
  createLatchkey,
  Forbidden,
  Invalid,
  type Latchkey,
  LatchkeyError,
  type LatchkeyOptions,
  NotFound,
  TooMany,
  Unauthenticated,
  Unavailable,
  verifyWebhook,
  WebhookRefused,
} from '../../generated/clients/typescript/index.js';

interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
}
type Answer = [status: number, body?: unknown, headers?: Record<string, string>] | Error;

/** A client whose server answers these in turn, the last one again and again; and what it was asked. */
function answering(answers: Answer[], options: Partial<LatchkeyOptions> = {}): [Latchkey, Asked[]] {
  const asked: Asked[] = [];
  const own = async (url: unknown, init: RequestInit = {}) => {
    asked.push({
      url: String(url),
      method: init.method ?? 'GET',
      headers: init.headers as Record<string, string>,
      body: String(init.body ?? ''),
    });
    const answer = answers[Math.min(asked.length, answers.length) - 1] as Answer;
    if (answer instanceof Error) throw answer;
    const [status, body, headers = {}] = answer;
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    return new Response(text, { status, headers });
  };
  return [createLatchkey({ url: 'http://lk.test', apiKey: 'mgp_1', fetch: own as typeof fetch, ...options }), asked];
}

const caught = (call: PromiseLike<unknown>): Promise<LatchkeyError> =>
  Promise.resolve(call).then(
    () => expect.fail('it was no error'),
    (error) => error,
  );

it('errors are of the class of their status, whatever the envelope', async () => {
  const cases: [Answer, (client: Latchkey) => PromiseLike<unknown>, typeof LatchkeyError, object][] = [
    [
      [400, { name: ['This field is required.'], bounds: { from: ['Too early.'] } }, { 'x-request-id': 'r1' }],
      (client) => client.keys.create({ name: '' }),
      Invalid,
      {
        status: 400,
        code: 'invalid',
        requestId: 'r1',
        message: 'name: This field is required. bounds.from: Too early.',
        fields: { name: ['This field is required.'], 'bounds.from': ['Too early.'] },
      },
    ],
    [
      [404, { detail: 'Not found.' }, { link: '<http://lk.test/docs/latchkey.html#operation/getKey>; rel="help"' }],
      (client) => client.keys.get('key_1'),
      NotFound,
      { code: 'not_found', message: 'Not found.', docs: 'http://lk.test/docs/latchkey.html#operation/getKey' },
    ],
    [
      [200, { error: { code: 404, message: 'Pipeline x does not exist.', type: 'record_not_found' }, status: 200 }],
      (client) => client.mage.pipelines.get('x'),
      NotFound,
      { status: 404, code: 'record_not_found', message: 'Pipeline x does not exist.' },
    ],
    [
      [
        200,
        { error: { code: 200, message: 'Record is invalid.', type: 'record_invalid', errors: { name: ['is taken'] } } },
      ],
      (client) => client.mage.pipelines.create({ pipeline: { name: 'x' } }),
      Invalid,
      { status: 400, fields: { name: ['is taken'] } },
    ],
    [
      [404, { detail: { message: 'Pipeline not found' } }, { 'x-correlation-id': 'c1' }],
      (client) => client.mystic.pipelines.get('x'),
      NotFound,
      { message: 'Pipeline not found', requestId: 'c1' },
    ],
    [
      [422, { detail: [{ loc: ['body', 'image'], msg: 'field required', type: 'value_error.missing' }] }],
      (client) => client.mystic.pipelines.create({ name: 'a/b', image: 'i' } as never),
      Invalid,
      { fields: { image: ['field required'] } },
    ],
    [
      [401, { error: { code: 'unauthorized', message: 'Unauthorized' } }],
      (client) => client.magpipe.apiKeys.manage({ action: 'list' }),
      Unauthenticated,
      { code: 'unauthorized', message: 'Unauthorized' },
    ],
    [
      [403, { code: 403, error_code: 'bad_jwt', msg: 'invalid JWT' }],
      (client) => client.magpipe.auth.user.get(),
      Forbidden,
      { code: 'bad_jwt', message: 'invalid JWT' },
    ],
    [[409, { detail: 'There is one.' }], (client) => client.keys.rotate('key_1'), Conflict, { code: 'conflict' }],
    [[412, { detail: 'Changed.' }], (client) => client.keys.revoke('key_1'), Conflict, { code: 'precondition_failed' }],
    [[429, { detail: 'Slower.' }, { 'retry-after': '90' }], (client) => client.me.get(), TooMany, { retryAfter: 90 }],
    [[500, '<h1>No</h1>'], (client) => client.me.get(), LatchkeyError, { status: 500, code: 'internal' }],
  ];
  for (const [answer, call, kind, holds] of cases) {
    const error = await caught(call(answering([answer])[0]));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(holds);
  }
});

it('what may come again does, with one Idempotency-Key; what may not does not', async () => {
  const broken = new TypeError('fetch failed');
  const [client, asked] = answering([broken, [503, ''], [201, { id: 'key_1' }]]);
  expect(await client.keys.create({ name: 'one' })).toEqual({ id: 'key_1' });
  expect(new Set(asked.map(({ headers }) => headers['Idempotency-Key'])).size).toBe(1);
  expect(asked).toHaveLength(3);

  const [other, once] = answering([broken]);
  expect(await caught(other.mystic.runs.create({ pipeline: 'a/b', inputs: [] } as never))).toMatchObject({
    name: 'Unavailable',
    code: 'network',
    status: 0,
  });
  expect(once).toHaveLength(1);

  const [limited, twice] = answering([
    [429, '', { 'retry-after': '0' }],
    [200, { id: 'p' }],
  ]);
  await limited.mystic.runs.create({ pipeline: 'a/b', inputs: [] } as never);
  expect(twice).toHaveLength(2);

  const [none, one] = answering([[503, '']], { retries: 0 });
  expect(await caught(none.me.get())).toBeInstanceOf(Unavailable);
  expect(one).toHaveLength(1);
});

it('an answer that was lost and is still being worked on is waited for', async () => {
  const [client, asked] = answering([new TypeError('cut'), [409, { detail: 'busy' }], [201, { id: 'ppl_1' }]]);
  expect(await client.pipelines.create({ name: 'one' })).toEqual({ id: 'ppl_1' });
  expect(asked).toHaveLength(3);
});

it('a list is a page where it is awaited, and all items where one loops over it', async () => {
  const next = 'http://lk.test/v1/keys?limit=1&cursor=abc';
  const pages: Answer[] = [
    [200, { count: 2, next, previous: null, results: [{ id: 'a' }] }],
    [200, { count: 2, next: null, previous: null, results: [{ id: 'b' }] }],
  ];
  const [client, asked] = answering(pages);
  const list = client.keys.list({ limit: 1 });
  expect((await list).results).toHaveLength(1);
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  expect(ids).toEqual(['a', 'b']);
  // The page that was awaited is not asked for again.
  expect(asked.map(({ url }) => url)).toEqual([
    'http://lk.test/v1/keys?limit=1',
    'http://lk.test/v1/keys?limit=1&cursor=abc',
  ]);
});

it('Mystic goes on by skip, MaiAgent by page, Mage by offset', async () => {
  const all = async (list: AsyncIterable<unknown>) => {
    let count = 0;
    for await (const _ of list) count += 1;
    return count;
  };
  const [mystic, skips] = answering([
    [200, { skip: 0, limit: 2, total: 3, data: [{}, {}] }],
    [200, { skip: 2, limit: 2, total: 3, data: [{}] }],
  ]);
  expect(await all(mystic.mystic.runs.list({ limit: 2 }))).toBe(3);
  expect(skips[1]?.url).toBe('http://lk.test/v4/runs?limit=2&skip=2');
  const [maiagent, numbers] = answering([
    [200, { count: 2, next: 'http://lk.test/api/v1/pipelines/?page=2', previous: null, results: [{}] }],
    [200, { count: 2, next: null, previous: null, results: [{}] }],
  ]);
  expect(await all(maiagent.maiagent.pipelines.list())).toBe(2);
  expect(numbers[1]?.url).toBe('http://lk.test/api/v1/pipelines/?page=2');
  const [mage, offsets] = answering([
    [200, { pipelines: [{}, {}], metadata: { count: 3, next: true } }],
    [200, { pipelines: [{}], metadata: { count: 3, next: false } }],
  ]);
  expect(await all(mage.mage.pipelines.list({ _limit: 2, 'type[]': ['python', 'streaming'] }))).toBe(3);
  expect(offsets[1]?.url).toBe('http://lk.test/api/pipelines?_limit=2&type%5B%5D=python%2Cstreaming&_offset=2');
});

it('a key stands where each API wants it, and nowhere where none is wanted', async () => {
  const [client, asked] = answering([[200, {}]], { applicationKey: undefined });
  await client.me.get();
  await client.mage.statuses.list();
  await client.mage.users.list();
  await client.maiagent.users.getCurrent();
  await client.sessions.refresh({ refresh_token: 'r' });
  expect(asked.map(({ headers: { Authorization, 'X-API-KEY': key } }) => [Authorization, key])).toEqual([
    ['Bearer mgp_1', undefined],
    [undefined, undefined],
    [undefined, 'mgp_1'],
    ['Api-Key mgp_1', undefined],
    [undefined, undefined],
  ]);
});

it('tokens are refreshed once under twenty parallel calls', async () => {
  let refreshed = 0;
  const own = async (url: unknown, init: RequestInit = {}) => {
    if (String(url).endsWith('/v1/sessions/refresh')) {
      refreshed += 1;
      return Response.json({ access_token: `a${refreshed}`, refresh_token: `r${refreshed}` });
    }
    const { Authorization } = init.headers as Record<string, string>;
    return Authorization === 'Bearer a1'
      ? Response.json({ id: 'me' })
      : Response.json({ detail: 'old' }, { status: 401 });
  };
  const kept: unknown[] = [];
  const client = createLatchkey({
    url: 'http://lk.test',
    session: { access_token: 'a0', refresh_token: 'r0' },
    onSession: ({ refresh_token }) => kept.push(refresh_token),
    fetch: own as typeof fetch,
  });
  await Promise.all(Array.from({ length: 20 }, () => client.me.get()));
  expect([refreshed, kept]).toEqual([1, ['r1']]);
});

it('a signal ends a call with its reason, also in a pause; no answer in time is Unavailable', async () => {
  const [client] = answering([[503, '', { 'retry-after': '30' }]]);
  const reason = new Error('enough');
  const ending = new AbortController();
  setTimeout(() => ending.abort(reason), 20);
  expect(await caught(client.me.get({ signal: ending.signal }))).toBe(reason);

  const never = (_: unknown, { signal }: RequestInit = {}) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  const [late] = answering([], { fetch: never as typeof fetch });
  expect(await caught(late.me.get({ timeout: 20, retries: 0 }))).toMatchObject({
    name: 'Unavailable',
    code: 'timeout',
  });
});

it('what would lead elsewhere is not sent', () => {
  const [client, asked] = answering([[200, {}]]);
  for (const id of ['', '.', '..']) expect(() => client.keys.get(id)).toThrow(TypeError);
  expect(() => client.keys.get(undefined as never)).toThrow('id must be a text or a number, and is missing.');
  expect(asked).toEqual([]);
});

it('events go on behind the last one where the connection breaks', async () => {
  const [client, asked] = answering([
    [200, 'id: 1\nevent: state\ndata: {"state":"queued"}\n\n: still here\n\n'],
    [200, 'id: 2\nevent: state\ndata: {"state":"completed"}\n\nevent: end\ndata: {}\n\n'],
  ]);
  const seen: unknown[] = [];
  for await (const { event, data } of client.runs.followLog('run_1')) seen.push([event, data]);
  expect(seen).toEqual([
    ['state', { state: 'queued' }],
    ['state', { state: 'completed' }],
    ['end', {}],
  ]);
  expect(asked[1]?.headers['Last-Event-ID']).toBe('1');
});

it('a webhook is believed by its signature, its time and its secret', async () => {
  const secret = `whsec_${Buffer.from('a secret of 24 characters').toString('base64')}`;
  const body = '{"type":"key.created"}';
  const time = Math.floor(Date.now() / 1000);
  const sign = (at: number) =>
    createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`msg_1.${at}.${body}`)
      .digest('base64');
  const headers = (at = time, signature = sign(at)) => ({
    'Webhook-Id': 'msg_1',
    'Webhook-Timestamp': String(at),
    'Webhook-Signature': `v1,AAAA v1,${signature}`,
  });
  expect(await verifyWebhook(body, headers(), ['whsec_b3RoZXI=', secret])).toEqual({ type: 'key.created' });
  const refusals: [string, object, string][] = [
    [`${body} `, headers(), secret],
    [body, headers(time - 301), secret],
    [body, headers(time, 'AAAA'), secret],
    [body, headers(), 'whsec_b3RoZXI='],
    [body, headers(), 'whsec_'],
    [body, {}, secret],
  ];
  for (const [text, given, known] of refusals)
    await expect(verifyWebhook(text, given as Record<string, string>, known)).rejects.toThrow(WebhookRefused);
  const magpipe = createHmac('sha256', secret).update(body).digest('hex');
  expect(await verifyWebhook(body, new Headers({ 'x-magpipe-signature': `sha256=${magpipe}` }), secret)).toBeTruthy();
});
