import fc from 'fast-check';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Node, type Operation, operationsOf, resolve } from '../../src/contract/contract.ts';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { surface } from '../../src/handlers/mage/index.ts';
import { type Body, type Mage, openMage } from '../support/mage.ts';

const { contract } = surface;

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

/** Text that a URL or a body may carry, with what has a meaning somewhere more often than not. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    'true',
    'null',
    '%',
    "'",
    '"; --',
    '\0',
    '../x',
    '__proto__',
    'constructor',
    '@daily',
  ),
  fc.constantFrom('one', 'x'.repeat(300), '99999999999999999999', '2026-02-31', '[]', '{}', 'a,b', '\ufeff$', 'ſ', 'İ'),
);
/** What a URL can carry in one segment: text without lone surrogates, and not nothing or dots alone. */
const segment = text.filter((value) => !/\p{Cs}|^\.*$/u.test(value));
const json = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A body that has the shape of this operation's, with anything as its values; or one that has no shape at all. */
function bodyOf({ request: schema }: Operation): fc.Arbitrary<unknown> {
  const [name, node] =
    Object.entries((schema?.properties ?? {}) as Record<string, Node>).find(([key]) => key !== 'api_key') ?? [];
  if (!name || !node) return fc.constant(undefined);
  const attributes = Object.entries((resolve(contract, node).properties ?? {}) as Record<string, Node>);
  const fitting = (attribute: Node): fc.Arbitrary<unknown> => {
    const { type, enum: some } = resolve(contract, attribute);
    if (Array.isArray(some)) return fc.constantFrom(...some);
    const types = [type].flat();
    if (types.includes('string')) return text;
    if (types.includes('array')) return fc.array(text, { maxLength: 3 });
    if (types.includes('object')) return fc.dictionary(fc.string(), json, { maxKeys: 2 });
    return types.includes('boolean') ? fc.boolean() : fc.integer();
  };
  const near = Object.fromEntries(
    attributes.map(([key, attribute]) => [key, fc.oneof({ weight: 4, arbitrary: fitting(attribute) }, json)]),
  );
  const close = fc.record(near, { requiredKeys: [] }).map((value) => ({ [name]: value }));
  const right = fc.record(Object.fromEntries(attributes.map(([key, attribute]) => [key, fitting(attribute)])), {
    requiredKeys: [],
  });
  return fc.oneof(
    { weight: 3, arbitrary: close },
    { weight: 2, arbitrary: right.map((value) => ({ [name]: value })) },
    json,
  );
}

/** A query of parameters that the operation knows, and of others. */
function queryOf({ path, method }: Operation): fc.Arbitrary<string> {
  const node = contract.paths[path]?.[method.toLowerCase()] as Node;
  const known = ((node.parameters ?? []) as Node[]).map((parameter) => String(resolve(contract, parameter).name));
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('_limit', ...known) }, segment);
  const value = fc.oneof(segment, fc.constantFrom('1', 'name', '-blocks', 'list', 'active,inactive'));
  const pair = fc.tuple(name, value).map(([key, said]) => `${encodeURIComponent(key)}=${encodeURIComponent(said)}`);
  return fc.array(pair, { maxLength: 4 }).map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : ''));
}

const pathOf = ({ path }: Operation) =>
  fc
    .tuple(segment, segment, fc.boolean())
    .map(([id, parent, real]) =>
      path.replace('{parent_id}', real ? 'one' : encodeURIComponent(parent)).replace('{id}', encodeURIComponent(id)),
    );

describe('no input yields an uncaught error, or an answer outside the contract', () => {
  beforeEach(async () => {
    await mage.call('owner', 'POST', '/pipelines', { pipeline: { name: 'one' } });
  });
  afterEach(async () => {
    expect(mage.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
    expect((await request(mage.server).get('/healthz')).status).toBe(200);
  });
  const all = operationsOf(contract).map((operation) => [operation.id, operation] as const);

  it.each(all)('%s', async (_id, operation) => {
    const asked = fc.tuple(pathOf(operation), queryOf(operation), bodyOf(operation), fc.boolean());
    await fc.assert(
      fc.asyncProperty(asked, async ([path, query, body, signedIn]) => {
        const { house, users } = mage;
        // A token of its own for every call: one of them may sign it out.
        const minted = signedIn && (await mintToken(house, house.db, users.owner.id, house.installation.accountId));
        const headers: Record<string, string> = minted ? { 'OAUTH-TOKEN': minted.value } : {};
        if (body !== undefined) headers['Content-Type'] = 'application/json';
        const sent = { query, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
        const answer = await mage.send('anonymous', operation.method, path, sent);
        const { error } = answer.body;
        expect(String(error?.exception)).not.toContain('Something went wrong');
      }),
      { numRuns: 15 },
    );
  });
});

describe('pages concatenate to the whole', () => {
  beforeAll(async () => {
    const { db, installation } = mage.house;
    await db('pipelines').delete();
    const types = ['python', 'streaming', 'pyspark'];
    const rows = Array.from({ length: 23 }, (_, n) => ({
      ...{ account_id: installation.accountId, uuid: `p${n}`, name: `p${n % 7}`, type: types[n % 3] as string },
    }));
    const [first] = await db('pipelines').insert(rows).returning('id');
    const schedules = Array.from({ length: 17 }, (_, n) => ({
      ...{ pipeline_id: first?.id as number, name: `t${n % 4}`, token: 'x', status: n % 2 ? 'active' : 'inactive' },
    }));
    await db('pipeline_schedules').insert(schedules);
  });

  /** Follows `next` from page to page. */
  const pages = async (path: string, key: string, limit: number): Promise<Body[]> => {
    const found: Body[] = [];
    for (let more = true; more; ) {
      const join = path.includes('?') ? '&' : '?';
      const page = await mage.call('viewer', 'GET', `${path}${join}_limit=${limit}&_offset=${found.length}`);
      expect(page[key].length).toBeLessThanOrEqual(limit);
      found.push(...page[key]);
      more = page.metadata.next;
    }
    return found;
  };
  const holds = (path: fc.Arbitrary<string>, key: string, whole: string) =>
    fc.assert(
      fc.asyncProperty(path, fc.integer({ min: 1, max: 30 }), async (at, limit) => {
        const all = await mage.call('viewer', 'GET', `${at}${at.includes('?') ? '&' : '?'}${whole}`);
        expect(all.metadata.count).toBe(all[key].length);
        expect(await pages(at, key, limit)).toEqual(all[key]);
      }),
      { numRuns: 12 },
    );

  it('of pipelines, in any order, through any filter', async () => {
    const order = fc.constantFrom(
      'name',
      '-name',
      'type',
      '-type,name',
      'triggers',
      '-status',
      'uuid',
      'blocks',
      'created_at',
    );
    const filter = fc.constantFrom('', '&type[]=python,streaming', '&search=1', '&search=nothing');
    const path = fc.tuple(order, filter).map(([name, rest]) => `/pipelines?_order_by[]=${name}${rest}`);
    await holds(path, 'pipelines', '_offset=0');
  });

  it('of triggers, alone and under their pipeline', async () => {
    const order = fc.constantFrom(
      '',
      '?order_by=name',
      '?order_by=-status',
      '?order_by=start_time',
      '?status[]=active',
    );
    const path = fc
      .tuple(fc.constantFrom('/pipeline_schedules', '/pipelines/p0/pipeline_schedules'), order)
      .map((parts) => parts.join(''));
    await holds(path, 'pipeline_schedules', '_limit=1000');
  });
});

it('whatever its name is, a pipeline is found by the identifier that it got', async () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
  await fc.assert(
    fc.asyncProperty(name, async (wanted) => {
      await mage.house.db('pipelines').delete();
      const { pipeline, error } = await mage.call('editor', 'POST', '/pipelines', { pipeline: { name: wanted } });
      if (error) {
        expect(error.exception).toBe('A pipeline needs a name.');
        return;
      }
      expect(pipeline.name).toBe(wanted);
      const found = await mage.call('viewer', 'GET', `/pipelines/${encodeURIComponent(pipeline.uuid)}`);
      expect(found.pipeline).toMatchObject({ name: wanted, uuid: pipeline.uuid });
    }),
    { numRuns: 25 },
  );
});
