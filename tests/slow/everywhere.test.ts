import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Contract, type Node, operationsOf } from '../../src/contract/contract.ts';
import { contractChecker } from '../support/contract.ts';
import { contracts, type Everything, openEverything, operations, type Told } from '../support/everything.ts';

let all: Everything;
let headers: Record<string, Record<string, string>>;

beforeAll(async () => {
  all = await openEverything();
  const { Cookie, 'X-API-KEY': key, ...bearer } = all.credentials as Record<string, string>;
  headers = Object.fromEntries(Object.keys(contracts).map((name) => [name, bearer]));
  headers.mage = { 'X-API-KEY': key as string, Cookie: Cookie as string };
});
afterAll(() => all.close());

const checks = Object.fromEntries(
  Object.entries(contracts).map(([name, contract]) => [name, contractChecker(contract)]),
);
/** Holds an answer against its contract, and gives what it means: Mage's errors are HTTP 200. */
const meaning = (surface: string, method: string, path: string, { status, headers: told, text }: Told): number => {
  const type = told['content-type'] ?? '';
  if (!type.startsWith('application/json')) return status;
  const body = JSON.parse(text);
  const at = path.slice(contracts[surface]?.servers[0]?.url.length);
  expect(checks[surface]?.(method, at, { status, type, body })).toBeUndefined();
  return surface === 'mage' && status === 200 && body.error ? body.error.code : status;
};
const named = operations.map(([surface, path, operation]) => [surface, operation.id, path, operation] as const);
/** A body that is signed is looked at by whoever may have signed it. */
const withJson = named.filter(([, , , { accepts, signed }]) => accepts.includes('application/json') && !signed);
/** What leaves nothing behind when it is asked as the owner, in any number. */
const harmless = named.filter(
  ([, id]) => !/^(logout|deleteSession|updateSession|createSession|endCliSession|endOtherSessions)$/.test(id),
);

describe('A7: what Accept says besides the type excludes nothing', () => {
  it.each(harmless)('%s %s', async (surface, _id, path, { method, isJson }) => {
    if (!isJson) return;
    for (const Accept of ['application/json; charset=utf-8', 'APPLICATION/JSON;indent=4;q=0', 'text/html', '*/*;q=0']) {
      const answer = await all.tell(method, path, { ...headers[surface], Accept });
      expect(meaning(surface, method, path, answer)).not.toBe(406);
    }
    expect((await all.tell(method, path, { ...headers[surface], Accept: 'text/csv' })).status).toBe(406);
  });
});

describe('A8: bytes that are no UTF-8, and halves of surrogate pairs', () => {
  const json = { 'Content-Type': 'application/json' };
  it.each(withJson)('%s %s', async (surface, _id, path, { method }) => {
    const bad: (string | Buffer)[] = [
      Buffer.from('{"name": "caf\xe9", "password": "caf\xe9"}', 'latin1'),
      Buffer.from('{"caf\xe9": 1}', 'latin1'),
      '{"name": "\\ud800", "password": "\\ud800"}',
      '{"a": {"b": ["\\udc00\\ud800"]}}',
      '{"\\udfff": 1}',
    ];
    for (const body of bad) {
      const answer = await all.tell(method, path, { ...headers[surface], ...json }, body);
      expect([body, meaning(surface, method, path, answer)]).toEqual([body, 400]);
    }
  });

  it('in forms, in multipart names and values, in a query', async () => {
    const bearer = headers.maiagent as Record<string, string>;
    const form = { ...bearer, 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await all.tell('POST', '/api/v1/pipelines/', form, 'name=caf%e9')).status).toBe(400);
    expect((await all.tell('POST', '/api/v1/pipelines/', form, Buffer.from('name=caf\xe9', 'latin1'))).status).toBe(
      400,
    );
    expect((await all.tell('GET', '/api/v1/pipelines/?search=caf%e9', bearer)).status).toBe(400);
    const parts = { ...bearer, 'Content-Type': 'multipart/form-data; boundary=x' };
    for (const [disposition, value] of [
      ['name="name"', 'caf\xe9'],
      ['name="na\xe9me"', 'x'],
      ['name="pfile"; filename="caf\xe9.txt"', 'x'],
      ['name="pfile"; filename*=UTF-8\'\'caf%e9.txt', 'x'],
    ]) {
      const body = `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n--x--\r\n`;
      expect([disposition, (await all.tell('POST', '/v4/files', parts, Buffer.from(body, 'latin1'))).status]).toEqual([
        disposition,
        400,
      ]);
    }
  });

  it('a charset that is named is the one that is read', async () => {
    const form = { ...headers.maiagent, 'Content-Type': 'application/json; charset=big5' };
    const answer = await all.tell(
      'POST',
      '/api/v1/pipelines/',
      form,
      Buffer.from([...Buffer.from('{"name": "'), 0xa4, 0xa4, ...Buffer.from('"}')]),
    );
    expect([answer.status, JSON.parse(answer.text).name]).toEqual([201, '中']);
  });
});

describe('A17: parameters that the contract does not declare are not read', () => {
  const names = [
    'skip',
    'limit',
    'offset',
    'page',
    'page_size',
    'pageSize',
    'order_by',
    'ordering',
    'sort',
    '_limit',
    '_offset',
  ];
  const values = [
    '-1',
    '-5',
    'x',
    '1e400',
    '99999999999999999999',
    'container_url',
    'password_hash:asc',
    '%00',
    "'",
    '',
  ];
  it.each(harmless)('%s %s', async (surface, _id, path, { method, query }) => {
    const wanted = [...names, '_order_by[]'].filter((name) => !query.includes(name));
    for (const [index, value] of values.entries()) {
      const more = wanted.map((name) => `${encodeURIComponent(name)}=${value}`).join('&');
      const answer = await all.tell(method, `${path}?${more}`, { ...headers[surface] });
      expect([
        index,
        answer.status < 500,
        answer.text.includes('"code":500,"errors":[],"exception":"Something'),
      ]).toEqual([index, true, false]);
      meaning(surface, method, path, answer);
    }
  });

  it.each(named.filter(([, , , { method, query }]) => method === 'GET' && query.some((name) => /order/.test(name))))(
    '%s %s is ordered only by what may be read',
    async (surface, _id, path, { method, query }) => {
      const name = query.find((one) => /order/.test(one)) as string;
      const plain = await all.tell(method, path, { ...headers[surface] });
      for (const value of [
        'container_url',
        'hash',
        'account_id',
        'password_hash',
        'created_at:desc;x',
        '%00',
        'id:up',
      ]) {
        const answer = await all.tell(method, `${path}?${encodeURIComponent(name)}=${value}`, { ...headers[surface] });
        // Mage passes over an order that it does not know.
        const isPassedOver = surface === 'mage' && answer.text === plain.text;
        const isRefused = meaning(surface, method, path, answer) >= 400;
        expect([value, isRefused || isPassedOver]).toEqual([value, true]);
        expect(answer.text).not.toContain('Something went wrong');
      }
    },
  );
});

describe('B25: a body that nobody needs is not read', () => {
  const bare = harmless.filter(([, , , { accepts }]) => accepts.length === 0);
  it.each(bare)('%s %s', async (surface, _id, path, { method }) => {
    const without = await all.tell(method, path, { ...headers[surface] });
    for (const [type, body] of [
      ['text/csv', 'a,b'],
      ['application/json', '{"a": '],
      ['multipart/form-data', 'x'],
      ['application/json', 'x'.repeat(1024 * 1024 + 1)],
    ] as const) {
      const answer = await all.tell(method, path, { ...headers[surface], 'Content-Type': type }, body);
      expect([type, answer.status]).toEqual([type, without.status]);
    }
  });
});

describe('B4: what is too large or too slow is told', () => {
  /** Sends headers and a few bytes of a body, and gives what comes back first. */
  const begin = (head: string[]) => {
    const socket = connect(all.port, '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n{"name`);
    const answer = new Promise<string>((resolve, reject) =>
      socket.once('data', (data) => resolve(String(data))).once('error', reject),
    );
    return answer.finally(() => socket.destroy());
  };
  const lines = (surface: string) =>
    Object.entries(headers[surface] as object).map(([name, value]) => `${name}: ${value}`);

  it.each(withJson)('413 at once, from the header: %s %s', async (surface, _id, path, { method }) => {
    const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines(surface)];
    const answer = await begin([...head, 'Content-Type: application/json', 'Content-Length: 5000000']);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each([
    ['a JSON body of somebody', '/api/v1/pipelines/', 'application/json', true, 30_000],
    ['one of nobody', '/api/v1/auth/login/', 'application/json', false, 10_000],
    ['an upload', '/v4/files', 'multipart/form-data; boundary=x', true, 30_000],
    ['one of nobody, at a signed address', '/api/v1/upload/', 'multipart/form-data; boundary=x', false, 10_000],
  ])('%s that stalls is 408', async (_what, path, type, isKnown, window) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', ...(isKnown ? lines('maiagent') : [])];
      const answer = begin([...head, `Content-Type: ${type}`, 'Content-Length: 900']);
      let told: string | undefined;
      answer.then((text) => {
        told = text;
      });
      // Not `vi.waitFor`, which would make the time go on.
      while (vi.getTimerCount() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await vi.advanceTimersByTimeAsync(window - 1);
      expect(told).toBeUndefined();
      await vi.advanceTimersByTimeAsync(2);
      expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('B1: one clean address', () => {
  it('links stay on this host, however many slashes the base URL ends with', async () => {
    for (const name of ['a', 'b']) {
      await all.tell(
        'POST',
        '/api/v1/pipelines/',
        { ...headers.maiagent, 'Content-Type': 'application/json' },
        `{"name": "${name}"}`,
      );
    }
    for (const slashes of ['/', '//', '///']) {
      const { status, text } = await all.tell('GET', `${slashes}api/v1/pipelines/?pageSize=1`, headers.maiagent);
      expect([status, JSON.parse(text).next]).toEqual([
        200,
        `http://127.0.0.1:${all.port}/api/v1/pipelines/?page=2&pageSize=1`,
      ]);
      const listed = await all.tell('GET', `${slashes}api/pipelines?_limit=1`, headers.mage);
      expect(Object.keys(JSON.parse(listed.text))).toEqual(['pipelines', 'metadata']);
      const singular = await all.tell('GET', `${slashes}api/pipeline?_limit=1`, headers.mage);
      expect(Object.keys(JSON.parse(singular.text))).toEqual(['pipeline', 'metadata']);
    }
  });
});

describe('B9: what a key cannot have is refused by name', () => {
  it.each(['expires_in', 'scopes', 'expires_at', 'permissions'])('%s', async (name) => {
    const json = { ...headers.magpipe, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ action: 'generate', name: 'narrow', [name]: 60 });
    const before = await all.house.db('api_keys').count();
    const { status, text } = await all.tell('POST', '/functions/v1/manage-api-keys', json, body);
    expect([status, JSON.parse(text)]).toEqual([400, { error: `Unknown field: ${name}` }]);
    expect(await all.house.db('api_keys').count()).toEqual(before);
  });
});

describe('B26: null is what is not given, and the contract says so', () => {
  it.each(['mystic', 'mysticV3'])('%s', (surface) => {
    const contract = contracts[surface] as Contract;
    for (const { id, request } of operationsOf(contract)) {
      const { properties = {}, required = [] } = (request ?? {}) as {
        properties?: Record<string, Node>;
        required?: string[];
      };
      for (const [name, property] of Object.entries(properties)) {
        const { type, enum: words } = property as { type?: string | string[]; enum?: unknown };
        if (required.includes(name) || type === undefined || words) continue;
        expect([id, name, [type].flat().includes('null')]).toEqual([id, name, true]);
      }
    }
  });

  it('and is taken', async () => {
    const json = { ...headers.mysticV3, 'Content-Type': 'application/json' };
    expect(
      (await all.tell('POST', '/v3/pipeline_files/initiate-multipart-upload', json, '{"name": null}')).status,
    ).toBe(200);
  });
});

describe('B26: Mage’s errors, where HTTP statuses are asked for', () => {
  it('a body that is no object is 400', async () => {
    const json = { ...headers.mage, 'Content-Type': 'application/json' };
    for (const body of ['[null]', '"x"', '{']) {
      const { status, text } = await all.tell('POST', '/api/pipelines?_http_error_codes=true', json, body);
      expect([status, JSON.parse(text).error.code]).toEqual([400, 500]);
      expect((await all.tell('POST', '/api/pipelines', json, body)).status).toBe(200);
    }
  });
});
