import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Node, type Operation, operationsOf, resolve } from '../../src/contract/contract.ts';
import { surface } from '../../src/handlers/maiagent/index.ts';
import { formType, type Maiagent, multipart, openMaiagent, type Part, type Somebody } from '../support/maiagent.ts';

const { contract } = surface;

let mai: Maiagent;
/** Ids of what is there: ours, and another account's. */
const ids: string[] = [];
beforeAll(async () => {
  mai = await openMaiagent({ LATCHKEY_MAX_UPLOAD_BYTES: '50000' });
  for (const by of ['owner', 'neighbour'] as const) {
    const file = { name: 'file', filename: 'a.pdf', content: 'bytes' };
    ids.push((await mai.send(by, 'POST', '/pipelines/', { body: { name: by } })).body.id);
    const { body } = await mai.form(by, '/attachments/', [file]);
    ids.push(body.id, /\/files\/([\da-f-]{36})/.exec(body.file)?.[1] as string);
    const base = { name: by, embeddingModel: 'x', rerankerModel: 'x' };
    const made = await mai.send(by, 'POST', '/knowledge-bases/', { body: base });
    if (made.body.id) ids.push(made.body.id);
  }
});
afterAll(() => mai.close());

/** Text that a URL or a body may carry, with what has a meaning somewhere more often than not. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    'true',
    'null',
    '%',
    "'; --",
    '\0',
    '../x',
    '__proto__',
    'constructor',
    'last',
    '\ufeff$',
  ),
  fc.constantFrom(
    'x'.repeat(300),
    '99999999999999999999',
    '1e400',
    '2026-02-31',
    '[]',
    '{}',
    'a,b',
    'a@b.c',
    'a.pdf',
    'İ',
  ),
  fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7).map((index) => ids[index % ids.length] ?? 'x'),
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

/** A value that fits a schema, or one that nearly does, or any. */
function fits(given: Node, depth = 0): fc.Arbitrary<unknown> {
  const {
    type,
    enum: some,
    properties,
    items,
  } = resolve(contract, given) as Node & {
    properties?: Record<string, Node>;
    items?: Node;
  };
  const types = [type].flat();
  const fitting = () => {
    if (Array.isArray(some)) return fc.constantFrom(...some);
    if (properties && depth < 3) return objectOf(properties, depth);
    if (items && depth < 3) return fc.array(fits(items, depth + 1), { maxLength: 3 });
    if (types.includes('string')) return text;
    if (types.includes('boolean')) return fc.boolean();
    if (types.includes('integer') || types.includes('number')) return fc.oneof(fc.nat(20), fc.double());
    return fc.dictionary(fc.string(), json, { maxKeys: 2 });
  };
  return fc.oneof({ weight: 5, arbitrary: fitting() as fc.Arbitrary<unknown> }, json);
}

function objectOf(properties: Record<string, Node>, depth: number): fc.Arbitrary<object> {
  const names = Object.entries(properties).map(([name, inner]) => [name, fits(inner, depth + 1)]);
  return fc.record(Object.fromEntries(names), { requiredKeys: [] });
}

/** JSON of this operation's attributes, mixed with those of others; or JSON of no shape at all. */
function bodyOf({ request }: Operation): fc.Arbitrary<unknown> {
  const shaped = request ? fits(request) : fc.constant(undefined);
  const foreign = fc.record({ id: json, accountId: json, name: json, files: json, __proto__: json, role: json });
  const mixed = fc.tuple(shaped, foreign).map(([own, other]) => ({ ...other, ...(own as object) }));
  return fc.oneof({ weight: 5, arbitrary: shaped }, mixed, json);
}

/** Parts of a form: of this operation's fields and others, as texts and as files. */
function partsOf({ form }: Operation): fc.Arbitrary<Part[]> {
  const known = Object.keys((form?.properties ?? {}) as object);
  const quoted = text.map((value) => value.replace(/["\\\r\n]/g, ''));
  const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('file', ...known) }, quoted);
  const bytes = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 100 }).map((all) => Buffer.from(all)),
    fc.constant('x'.repeat(60_000)),
  );
  const field = fc.record({ name, content: bytes });
  const file = fc.record({
    name,
    filename: quoted,
    type: fc.constantFrom('image/png', 'x', 'text/plain; a=b'),
    content: bytes,
  });
  return fc.array(fc.oneof(field, file), { maxLength: 6 });
}

/** Parameters that the operation knows, in either case, and others. */
function queryOf({ query }: Operation): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('page', 'pageSize', 'page_size', 'signature', ...query) },
    segment,
  );
  const pair = fc
    .tuple(name, fc.oneof(segment, fc.constantFrom('1', '2', 'last')))
    .map((both) => both.map(encodeURIComponent).join('='));
  return fc.array(pair, { maxLength: 4 }).map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : ''));
}

function pathOf({ path }: Operation): fc.Arbitrary<string> {
  const parts = path
    .split('/')
    .map((part) => (part.startsWith('{') ? segment.map(encodeURIComponent) : fc.constant(part)));
  return fc.tuple(...parts).map((segments) => segments.join('/'));
}

const operations = operationsOf(contract).map((operation) => [operation.id, operation] as const);
const by = fc.constantFrom<Somebody[]>('owner', 'owner', 'owner', 'neighbour', 'viewer', 'anonymous');

// `send` holds every answer against the contract: its status, its type, its shape.
describe('no input yields an uncaught error, or an answer outside the contract', () => {
  afterEach(async () => {
    expect(mai.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
    expect(await mai.incoming()).toEqual([]);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each(operations)('%s', async (_id, operation) => {
    const asked = fc.tuple(by, pathOf(operation), queryOf(operation), bodyOf(operation));
    await fc.assert(
      fc.asyncProperty(asked, async ([caller, path, query, body]) => {
        const sent = operation.accepts.length > 0 && body !== undefined ? { body: JSON.stringify(body) } : {};
        const { status } = await mai.send(caller, operation.method, path, { query, ...sent });
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 15 },
    );
  });

  it.each(operations.filter(([, { form }]) => form))('%s, with a form', async (_id, operation) => {
    await fc.assert(
      fc.asyncProperty(by, queryOf(operation), partsOf(operation), async (caller, query, parts) => {
        const sent = { body: multipart(parts), type: formType, query };
        expect((await mai.send(caller, operation.method, operation.path, sent)).status).toBeLessThan(500);
      }),
      { numRuns: 25 },
    );
  });

  it('whatever the bytes of a body, and whatever they are called', async () => {
    const type = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      formType,
      'x',
      ';',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'binary' }).map((all) => Buffer.from(all)),
    );
    const path = fc.constantFrom('/pipelines/', '/attachments/', '/upload/', '/auth/login/', '/upload-presigned-url/');
    await fc.assert(
      fc.asyncProperty(path, type, bytes, async (at, called, body) => {
        const { status } = await mai.send('owner', 'POST', at, { body: Buffer.from(body), type: called });
        expect([400, 415]).toContain(status);
      }),
      { numRuns: 60 },
    );
  });
});
