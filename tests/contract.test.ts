import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Contract, type Node, operationsOf, resolve } from '../src/contract/contract.ts';
import { scopes } from '../src/core/scopes.ts';
import { surface as latchkey } from '../src/handlers/latchkey/index.ts';
import { surface as mage } from '../src/handlers/mage/index.ts';
import { surface as magpipe } from '../src/handlers/magpipe/index.ts';
import { surface as magpipeAuth } from '../src/handlers/magpipe_auth/index.ts';
import { surface as maiagent } from '../src/handlers/maiagent/index.ts';
import { surface as mystic } from '../src/handlers/mystic/index.ts';
import { surface as mysticV3 } from '../src/handlers/mystic_v3/index.ts';
import type { Surface } from '../src/wire/surface.ts';
import { contractChecker } from './support/contract.ts';
import { applicationKey, openHouse, ownerPassword, type TestHouse } from './support/house.ts';

type Credential = Record<string, string>;

/** The owner's session token, in the header that magpipe reads. */
const session = async ({ server }: TestHouse): Promise<Credential> => {
  const sent = request(server).post('/auth/v1/token?grant_type=password').set('apikey', applicationKey);
  const { body } = await sent.send({ email: 'owner@example.com', password: ownerPassword });
  return { Authorization: `Bearer ${body.access_token}` };
};

/** Every surface, by the name of its bundle, with credentials that let a caller past the door. */
const surfaces: Record<string, { surface: Surface; credentials: (house: TestHouse) => Promise<Credential> }> = {
  mage: { surface: mage, credentials: async () => ({ 'X-API-KEY': applicationKey }) },
  magpipe: { surface: magpipe, credentials: session },
  magpipe_auth: {
    surface: magpipeAuth,
    credentials: async (house) => ({ apikey: applicationKey, ...(await session(house)) }),
  },
  maiagent: { surface: maiagent, credentials: session },
  mystic: { surface: mystic, credentials: session },
  mystic_v3: { surface: mysticV3, credentials: session },
  latchkey: { surface: latchkey, credentials: session },
};

const folder = new URL('../generated/', import.meta.url);
const bundles = readdirSync(folder).filter((name) => name.endsWith('.json'));

it('every bundle in generated/ is a surface here', () => {
  expect(bundles.map((name) => name.replace('.json', ''))).toEqual(Object.keys(surfaces).sort());
});

const tooLarge = `"${'x'.repeat(1024 * 1024)}"`;

const methods = ['get', 'put', 'post', 'delete', 'patch'];

/** Everything below a node, with the way to it. */
function* walk(node: unknown, at = '#'): Generator<[at: string, node: Node]> {
  if (!node || typeof node !== 'object') return;
  if (!Array.isArray(node)) yield [at, node as Node];
  for (const [key, value] of Object.entries(node)) {
    yield* walk(value, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

describe.each(bundles)('%s', (file) => {
  const contract = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Contract;
  const { surface, credentials } = surfaces[file.replace('.json', '')] as (typeof surfaces)[string];
  const items = Object.entries(contract.paths);
  const nodes = items.flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => [`${method} ${path}`, item[method] as Node] as const),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: true, code: { optimize: false } });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  for (const name of ['epoch-milliseconds', 'epoch-seconds']) ajv.addFormat(name, true);
  ajv.addSchema({ $id: 'contract', ...contract });
  const compiled = new Map<string, ValidateFunction>();
  /** What is wrong with a value, by the schema at this place of the contract, or where that says that it is. */
  const wrong = (at: string, { $ref, ...schema }: Node, value: unknown) => {
    const place = typeof $ref === 'string' && Object.keys(schema).length === 0 ? $ref : encodeURI(at);
    const validate = compiled.get(place) ?? ajv.compile({ $ref: `contract${place}` });
    compiled.set(place, validate);
    return validate(value) ? [] : [`${at}: ${ajv.errorsText(validate.errors)}`];
  };

  it('is OpenAPI 3.1 with one relative server', () => {
    expect(contract.openapi).toMatch(/^3\.1\./);
    expect(contract.servers.map(({ url }) => url)).toEqual([expect.stringMatching(/^\/\w/)]);
  });

  it('path items hold nothing but methods, parameters, summary and description', () => {
    const allowed = [...methods, 'parameters', 'summary', 'description'];
    for (const [path, item] of items) {
      expect([path, Object.keys(item).filter((key) => !allowed.includes(key))]).toEqual([path, []]);
    }
  });

  it('operationIds are there, and no two are the same', () => {
    const ids = nodes.map(([, { operationId }]) => operationId);
    expect(ids.filter((id) => typeof id !== 'string' || !/^[a-z]\w+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('every operation has a summary, its security from declared schemes, and exactly one 2xx', () => {
    const schemes = Object.keys(contract.components?.securitySchemes ?? {});
    for (const [name, { summary, security = contract.security, responses }] of nodes) {
      expect([name, typeof summary]).toEqual([name, 'string']);
      expect([name, Array.isArray(security)]).toEqual([name, true]);
      const named = (security as Node[]).flatMap((alternative) => Object.keys(alternative));
      expect([name, named.filter((scheme) => !schemes.includes(scheme))]).toEqual([name, []]);
      expect([name, Object.keys(responses as Node).filter((status) => status.startsWith('2')).length]).toEqual([
        name,
        1,
      ]);
    }
  });

  it('every operation names what a key needs for it: a scope that is, any or session', () => {
    const known = [...Object.keys(scopes), 'any', 'session'];
    for (const [name, node] of nodes) expect([name, known.includes(String(node['x-scope']))]).toEqual([name, true]);
  });

  it('an operation is deprecated where it says since when, and only there', () => {
    for (const [name, { deprecated = false, 'x-deprecation': end }] of nodes) {
      expect([name, deprecated]).toEqual([name, end !== undefined]);
      if (end) expect(Date.parse(String((end as Node).since))).toBeGreaterThan(0);
    }
  });

  it('every error response is a $ref, and 4XX and 5XX are there', () => {
    for (const [name, { responses }] of nodes) {
      const errors = Object.entries(responses as Record<string, Node>).filter(([status]) => !status.startsWith('2'));
      expect([name, errors.filter(([, response]) => Object.keys(response).join() !== '$ref')]).toEqual([name, []]);
      expect(errors.map(([status]) => status)).toEqual(expect.arrayContaining(['4XX', '5XX']));
    }
  });

  it('every operation has a handler, and every handler an operation', () => {
    expect(Object.keys(surface.handlers).sort()).toEqual(nodes.map(([, { operationId }]) => operationId).sort());
  });

  it('every body, of requests and of answers, has an example', () => {
    const bare = [...walk(contract)]
      .filter(([at, node]) => /\/content\/[^/]+$/.test(at) && node.schema)
      .filter(([, node]) => !('example' in node) && !('examples' in node));
    expect(bare.map(([at]) => at)).toEqual([]);
  });

  it('every example fits its schema', () => {
    const complaints: string[] = [];
    let checked = 0;
    for (const [at, node] of walk(contract)) {
      if (!node.schema || typeof node.schema !== 'object') continue;
      const named = Object.values((node.examples ?? {}) as Record<string, Node>).map(({ value }) => value);
      for (const example of 'example' in node ? [node.example, ...named] : named) {
        checked += 1;
        complaints.push(...wrong(`${at}/schema`, node.schema as Node, example));
      }
    }
    expect(complaints).toEqual([]);
    expect(checked).toBeGreaterThan(nodes.length);
  });

  it('every object in an answer is closed, or says that it is open', () => {
    const seen = new Set<unknown>();
    const open: string[] = [];
    const visit = (schema: Node, at: string) => {
      for (const [below, node] of walk(schema, at)) {
        if (typeof node.$ref === 'string') {
          const target = resolve(contract, node);
          if (!seen.has(target)) {
            seen.add(target);
            visit(target, node.$ref);
          }
        }
        const closed = node.additionalProperties === false || node.unevaluatedProperties === false;
        const isObject = [node.type].flat().includes('object');
        if (isObject && !closed && (node.properties || node.additionalProperties === undefined)) open.push(below);
      }
    };
    for (const [name, { responses }] of nodes) {
      for (const [status, response] of Object.entries(responses as Record<string, Node>)) {
        const { content = {} } = resolve(contract, response) as { content?: Record<string, Node> };
        for (const { schema } of Object.values(content)) visit(schema as Node, `${name} ${status}`);
      }
    }
    expect(open).toEqual([]);
  });

  describe('errors that arise before the validator fit the contract', () => {
    const check = contractChecker(contract);
    let house: TestHouse;
    let credential: Credential;
    beforeAll(async () => {
      house = await openHouse();
      credential = await credentials(house);
    });
    afterAll(() => house.close());

    const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
      const at = path.replaceAll(/\{\w+\}/g, 'x');
      const sent = request(house.server)
        [method.toLowerCase() as 'get'](`${contract.servers[0]?.url}${at}`)
        .set(headers);
      const { status, type, body: answered, text } = await (body === undefined ? sent : sent.send(body));
      expect(check(method, at, { status, type, body: answered })).toBeUndefined();
      return { status, text };
    };
    const each = operationsOf(contract).map((operation) => [operation.id, operation] as const);

    it.each(each)('%s', async (_id, { method, path, security, accepts, isJson }) => {
      const json = { ...credential, 'Content-Type': 'application/json' };
      if (security.length > 0) {
        const isOpen = security.some((alternative) => Object.keys(alternative).length === 0);
        if (!isOpen) expect((await send(method, path, {})).status).toBe(401);
        expect(
          await send(method, path, Object.fromEntries(Object.keys(credential).map((name) => [name, 'no']))),
        ).toMatchObject({
          status: 401,
        });
      }
      // What a signed address alone opens, these credentials do not.
      if (security.length > 0 && security.every((one) => Object.keys(one).some((name) => /signature/i.test(name))))
        return;
      // Bytes are of whatever type they are.
      if (isJson) expect((await send(method, path, { ...credential, Accept: 'text/csv' })).status).toBe(406);
      if (accepts.includes('application/json') || accepts.includes('multipart/form-data')) {
        expect((await send(method, path, json, tooLarge)).status).toBe(413);
        const multipart = { ...credential, 'Content-Type': 'multipart/form-data; boundary=x' };
        // Where every body is read as JSON, whatever its type, this is one that is none.
        const isRead = surface.envelope.json?.('multipart/form-data') || accepts.includes('multipart/form-data');
        expect(isRead ? [400, 422] : [415]).toContain((await send(method, path, multipart, '--x--')).status);
        await send(method, path, json, '{"a": ');
      }
    });

    it.each(items)('405 on %s, for a method that it does not have', async (path, item) => {
      const method = methods.find((candidate) => !item[candidate]) as string;
      const { status, text } = await send(method, path, credential);
      expect(status).toBe(405);
      // The contract says nothing of methods that are not there: the answer is empty, or an error as its others are.
      if (text !== '') {
        const [known] = methods.filter((candidate) => item[candidate]);
        expect(
          check(String(known).toUpperCase(), path, { status, type: 'application/json', body: JSON.parse(text) }),
        ).toBeUndefined();
      }
    });
  });
});
