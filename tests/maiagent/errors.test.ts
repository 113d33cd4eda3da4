import { readFileSync } from 'node:fs';
import pino from 'pino';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type Contract, type Node, resolve } from '../../src/contract.ts';
import { envelopeOf } from '../../src/handlers/maiagent/envelope.ts';
import { surface } from '../../src/handlers/maiagent/index.ts';
import { sentences } from '../../src/handlers/maiagent/sentences.ts';
import type { House } from '../../src/house.ts';
import { bare, mount } from '../../src/surface.ts';
import { formType, multipart } from '../support/maiagent.ts';

const text = (more: object = {}) => ({ type: 'string', ...more });
const item = {
  type: 'object',
  required: ['file', 'filename'],
  properties: { file: text(), filename: text({ minLength: 1 }) },
};
/** A body with every keyword that a contract may use. */
const thing = {
  type: 'object',
  required: ['name'],
  properties: {
    name: text({ minLength: 2, maxLength: 5 }),
    code: text({ pattern: '^[A-Z]+$' }),
    kind: text({ enum: ['cat', 'dog'] }),
    id: text({ format: 'uuid' }),
    mail: text({ format: 'email' }),
    link: text({ format: 'uri' }),
    at: text({ format: 'date-time' }),
    maxCount: { type: 'integer', minimum: 1, maximum: 10 },
    ratio: { type: 'number', minimum: 0, maximum: 1 },
    on: { type: 'boolean' },
    tags: { type: 'array', minItems: 2, maxItems: 3, uniqueItems: true, items: text({ maxLength: 3 }) },
    some: { type: 'array', minItems: 1, items: { type: 'integer' } },
    inner: { type: 'object', required: ['content'], properties: { content: text(), sizeNow: { type: 'integer' } } },
    files: { type: 'array', items: item },
    meta: { type: 'object', additionalProperties: true },
    secret: text({ format: 'password', minLength: 1 }),
    closed: { type: 'object', additionalProperties: false, properties: { a: text() } },
    maybe: { type: ['string', 'null'], maxLength: 3 },
  },
};
const post = (operationId: string, content: object) => ({
  operationId,
  requestBody: { required: true, content },
  responses: { 200: { description: 'ok', content: { 'application/json': { schema: { type: 'object' } } } } },
});
const json = (schema: object) => ({ 'application/json': { schema } });
const form = { type: 'object', required: ['file'], properties: { file: text({ format: 'binary' }) } };
const contract = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  servers: [{ url: '/' }],
  security: [],
  paths: {
    '/things/': { post: post('createThing', json(thing)) },
    '/closed/': { post: post('createClosed', json({ ...thing, additionalProperties: false })) },
    '/forms/': { post: post('createForm', { 'multipart/form-data': { schema: form } }) },
  },
} as unknown as Contract;

/** What the handler was given. */
let given: unknown;
const handler = async (_context: unknown, { body }: { body: unknown }) => {
  given = body;
  return {};
};
const house = { log: pino({ level: 'silent' }), checkResponses: true, config: { maxUploadBytes: 1000 } };
const handlers = { createThing: handler, createClosed: handler, createForm: handler };
const app = bare().use(
  await mount({ contract, handlers, authenticate: {}, envelope: envelopeOf(contract) }, house as unknown as House),
);

const send = (body: unknown, path = '/things/', type = 'application/json') =>
  request(app)
    .post(path)
    .type(type)
    .send(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
/** The errors of a thing that is right, but for this. */
const errors = async (wrong: object, path?: string) => {
  const { status, body } = await send({ name: 'Ada', ...wrong }, path);
  return status === 200 ? undefined : [status, body];
};
const told = (fields: object) => [400, fields];

/** Keyword, a wrong value, the sentence. */
const table: [keyword: string, field: string, value: unknown, sentence: string][] = [
  ['required', 'name', undefined, 'This field is required.'],
  ['type', 'name', null, 'This field may not be null.'],
  ['type', 'name', [], 'Not a valid string.'],
  ['type', 'name', {}, 'Not a valid string.'],
  ['type', 'name', true, 'Not a valid string.'],
  ['type', 'maxCount', 'abc', 'A valid integer is required.'],
  ['type', 'maxCount', 1.5, 'A valid integer is required.'],
  ['type', 'maxCount', '1e2', 'A valid integer is required.'],
  ['type', 'maxCount', '', 'A valid integer is required.'],
  ['type', 'maxCount', true, 'A valid integer is required.'],
  ['type', 'maxCount', [1], 'A valid integer is required.'],
  ['type', 'maxCount', null, 'This field may not be null.'],
  ['type', 'ratio', 'x', 'A valid number is required.'],
  ['type', 'ratio', '1e999', 'A valid number is required.'],
  ['type', 'on', 'maybe', 'Must be a valid boolean.'],
  ['type', 'on', 2, 'Must be a valid boolean.'],
  ['type', 'on', [], 'Must be a valid boolean.'],
  ['type', 'tags', 'x', 'Expected a list of items but got type "str".'],
  ['type', 'tags', 1, 'Expected a list of items but got type "int".'],
  ['type', 'tags', 1.5, 'Expected a list of items but got type "float".'],
  ['type', 'tags', true, 'Expected a list of items but got type "bool".'],
  ['type', 'tags', {}, 'Expected a list of items but got type "dict".'],
  ['type', 'meta', 'x', 'Expected a dictionary of items but got type "str".'],
  ['type', 'meta', [], 'Expected a dictionary of items but got type "list".'],
  ['enum', 'kind', 'cow', '"cow" is not a valid choice.'],
  ['enum', 'kind', '', '"" is not a valid choice.'],
  ['enum', 'kind', 7, '"7" is not a valid choice.'],
  ['enum', 'kind', true, '"True" is not a valid choice.'],
  ['enum', 'kind', null, 'This field may not be null.'],
  ['minLength', 'name', 'a', 'Ensure this field has at least 2 characters.'],
  ['minLength', 'name', '🚀', 'Ensure this field has at least 2 characters.'],
  ['minLength', 'name', '', 'This field may not be blank.'],
  ['minLength', 'name', ' \t ', 'This field may not be blank.'],
  ['minLength', 'secret', '', 'This field may not be blank.'],
  ['maxLength', 'name', 'abcdef', 'Ensure this field has no more than 5 characters.'],
  ['maxLength', 'maybe', 'abcd', 'Ensure this field has no more than 3 characters.'],
  ['pattern', 'code', 'abc', 'This value does not match the required pattern.'],
  ['format', 'id', 'x', 'Must be a valid UUID.'],
  ['format', 'mail', 'x', 'Enter a valid email address.'],
  ['format', 'link', 'not a url', 'Enter a valid URL.'],
  [
    'format',
    'at',
    'today',
    'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
  ],
  ['minimum', 'maxCount', 0, 'Ensure this value is greater than or equal to 1.'],
  ['minimum', 'ratio', -0.1, 'Ensure this value is greater than or equal to 0.'],
  ['maximum', 'maxCount', '11', 'Ensure this value is less than or equal to 10.'],
  ['maximum', 'ratio', 1.01, 'Ensure this value is less than or equal to 1.'],
  ['minItems', 'tags', [], 'This list may not be empty.'],
  ['minItems', 'tags', ['a'], 'Ensure this field has at least 2 elements.'],
  ['maxItems', 'tags', ['a', 'b', 'c', 'd'], 'Ensure this field has no more than 3 elements.'],
  ['uniqueItems', 'tags', ['a', 'a'], 'This list may not contain the same item twice.'],
];

describe('§4.2 one sentence for each keyword', () => {
  it.each(table)('#27 %s of %s, for %j: %s', async (_keyword, field, value, sentence) => {
    expect(await errors({ [field]: value })).toEqual(told({ [field]: [sentence] }));
  });

  it.each(['a', 'constructor', '__proto__', 'toString', 'a/b', 'a~b', 'ü'])(
    'additionalProperties: %s',
    async (name) => {
      const body = `{"name": "Ada", ${JSON.stringify(name)}: 1}`;
      const { status, body: answered } = await send(body, '/closed/');
      expect(status).toBe(400);
      expect(JSON.stringify(answered)).toContain('This field is not known here.');
      const { body: nested } = await send(`{"name": "Ada", "closed": {"b": 1}}`);
      expect(nested).toEqual({ closed: { b: ['This field is not known here.'] } });
      expect((await send(body)).status).toBe(200);
    },
  );

  it('multipart: a text where the file should be, and no file', async () => {
    const forms = [
      [{ name: 'file', content: 'x' }, 'The submitted data was not a file. Check the encoding type on the form.'],
      [{ name: 'other', content: 'x' }, 'No file was submitted.'],
      [{ name: 'file', filename: '', content: '' }, 'No file was submitted.'],
    ] as const;
    for (const [part, sentence] of forms) {
      const { status, body } = await send(multipart([part]), '/forms/', formType);
      expect([status, body]).toEqual([400, { file: [sentence] }]);
    }
    const { status, body } = await request(app).post('/forms/');
    expect([status, body]).toEqual([400, { file: ['No file was submitted.'] }]);
  });

  it('the table above has every entry of the table of sentences', () => {
    const walked = new Set([...table.map(([keyword]) => keyword), 'additionalProperties', 'multipart']);
    expect([...walked].sort()).toEqual(Object.keys(sentences).sort());
  });

  it('every keyword and format that the contract holds a body against has a sentence', () => {
    const silent = ['properties', 'items', 'description', 'default', 'examples', 'example', 'title', 'nullable'];
    const bodies = Object.values(surface.contract.paths)
      .flatMap((path) => Object.values(path) as Node[])
      .flatMap(({ requestBody }) => Object.values((requestBody as Node | undefined)?.content ?? {}) as Node[]);
    const used = new Set<string>();
    const isFree = ({ format }: Node) => format === 'password' || format === 'binary';
    const visit = (node: Node) => {
      const schema = resolve(surface.contract, node);
      const { properties, items, ...own } = schema as { properties?: Record<string, Node>; items?: Node };
      for (const [name, value] of Object.entries(own)) {
        // Nothing can be wrong with these.
        const isOpen = name === 'additionalProperties' && value === true;
        if (silent.includes(name) || isOpen || (name === 'format' && isFree(own))) continue;
        used.add(name === 'format' ? `format ${value}` : name);
      }
      for (const inner of [...Object.values(properties ?? {}), ...(items ? [items] : [])]) visit(inner);
    };
    for (const { schema } of bodies) visit(schema as Node);
    expect(used.size).toBeGreaterThan(5);
    for (const name of used) {
      const [keyword = '', format] = name.split(' ');
      const sentence = sentences[keyword]?.({ format, type: 'string' }, 'x') ?? 'none';
      expect([name, sentence]).not.toEqual([name, expect.stringMatching(/^none$|^Not a valid value/)]);
    }
  });
});

describe('§4.3 where they stand', () => {
  const required = ['This field is required.'];
  const dictionary = (type: string) => ({ nonFieldErrors: [`Invalid data. Expected a dictionary, but got ${type}.`] });
  it.each([
    ['an object', { inner: {} }, { inner: { content: required } }],
    [
      '#21 a list of objects',
      { files: [{ file: 'a', filename: 'b' }, {}] },
      { files: [{}, { file: required, filename: required }] },
    ],
    [
      '#21 the first of three',
      { files: [{ file: 'a' }, { file: 'a', filename: 'b' }, 3] },
      { files: [{ filename: required }, {}, dictionary('int')] },
    ],
    [
      '#22 no list of objects',
      { files: 'x' },
      { files: { nonFieldErrors: ['Expected a list of items but got type "str".'] } },
    ],
    ['no object', { inner: [] }, { inner: dictionary('list') }],
    ['null for an object', { inner: null }, { inner: ['This field may not be null.'] }],
    ['null for a list of objects', { files: null }, { files: ['This field may not be null.'] }],
    [
      'a list of values',
      { some: [1, 'x', 3, null] },
      { some: { 1: ['A valid integer is required.'], 3: ['This field may not be null.'] } },
    ],
    [
      'positions in their order',
      { some: Array(12).fill('x') },
      { some: Object.fromEntries(Array.from({ length: 12 }, (_, n) => [n, ['A valid integer is required.']])) },
    ],
    [
      'several in one answer',
      { name: '', maxCount: 'x', inner: {}, on: 9 },
      {
        name: ['This field may not be blank.'],
        maxCount: ['A valid integer is required.'],
        on: ['Must be a valid boolean.'],
        inner: { content: required },
      },
    ],
    [
      'two at one field',
      { code: 'x', tags: ['abcd', 'abcd'] },
      {
        code: ['This value does not match the required pattern.'],
        tags: {
          0: ['Ensure this field has no more than 3 characters.'],
          1: ['Ensure this field has no more than 3 characters.'],
        },
      },
    ],
    [
      '#26 a name in snake_case is told in camelCase',
      { max_count: 'x', inner: { content: 'c', size_now: 'x' } },
      { maxCount: ['A valid integer is required.'], inner: { sizeNow: ['A valid integer is required.'] } },
    ],
  ])('%s', async (_what, wrong, expected) => {
    expect(await errors(wrong)).toEqual(told(expected));
  });

  it('in the order of the schema, whatever the order of the body', async () => {
    const { text: body } = await send('{"tags": 1, "on": 3, "ratio": "x", "kind": "x", "name": ""}');
    expect(Object.keys(JSON.parse(body))).toEqual(['name', 'kind', 'ratio', 'on', 'tags']);
  });

  it.each([
    ['[]', 'list'],
    ['1', 'int'],
    ['1.5', 'float'],
    ['"x"', 'str'],
    ['true', 'bool'],
  ])('#37 a body that is %s', async (body, type) => {
    expect((await send(body)).body).toEqual(dictionary(type));
  });

  it('#35 no body at all counts as {}', async () => {
    expect((await request(app).post('/things/')).body).toEqual({ name: required });
    expect((await send('')).body).toEqual({ name: required });
    expect((await send('{}')).body).toEqual({ name: required });
    expect((await request(app).post('/things/').type('text/plain')).body).toEqual({ name: required });
  });
});

describe('what is read leniently', () => {
  it.each<[sent: object, read: object]>([
    [{ name: 12 }, { name: '12' }],
    [{ name: '  Ada\n' }, { name: 'Ada' }],
    [{ secret: ' a b ' }, { secret: ' a b ' }],
    [{ maxCount: '7' }, { max_count: 7 }],
    [{ maxCount: ' 7.00 ' }, { max_count: 7 }],
    [{ maxCount: 7.0 }, { max_count: 7 }],
    [{ max_count: 7 }, { max_count: 7 }],
    [{ max_count: 'x', maxCount: 8 }, { max_count: 8 }],
    [{ ratio: '1e-1' }, { ratio: 0.1 }],
    [{ ratio: '.5' }, { ratio: 0.5 }],
    [{ on: 'true' }, { on: true }],
    [{ on: 'Off' }, { on: false }],
    [{ on: 1 }, { on: true }],
    [{ on: '0' }, { on: false }],
    [{ maybe: null }, { maybe: null }],
    [{ maybe: '' }, { maybe: '' }],
    [{ some: ['1', 2] }, { some: [1, 2] }],
    [{ meta: { camelCase: 1, snake_case: { deepName: 2 } } }, { meta: { camelCase: 1, snake_case: { deepName: 2 } } }],
    [{ inner: { content: 1, size_now: '2' } }, { inner: { content: '1', size_now: 2 } }],
    [{ unknown: 1, camelCase: 2 }, {}],
  ])('%j is %j', async (sent, read) => {
    expect(await errors(sent)).toBeUndefined();
    expect(given).toEqual({ name: 'Ada', ...read });
  });

  it('a form', async () => {
    const { status } = await send('name=+Ada&max_count=3&on=yes&a=b', '/things/', 'application/x-www-form-urlencoded');
    expect([status, given]).toEqual([200, { name: 'Ada', max_count: 3, on: true }]);
    const { body } = await send('name=&maxCount=x', '/things/', 'application/x-www-form-urlencoded');
    expect(body).toEqual({ name: ['This field may not be blank.'], maxCount: ['A valid integer is required.'] });
  });
});

describe('a body that cannot be read', () => {
  const python = JSON.parse(readFileSync(new URL('json.errors.json', import.meta.url), 'utf8')) as [string, string][];
  it.each(python)('#34 %j: %s', async (body, sentence) => {
    const { status, body: answered } = await send(body);
    expect([status, answered]).toEqual([400, { detail: `JSON parse error - ${sentence}` }]);
  });

  it('#34 deep and long ones, soon', async () => {
    const before = performance.now();
    for (const body of ['['.repeat(90_000), '{"a":'.repeat(18_000), `["${'a'.repeat(90_000)}`, '['.repeat(900_000)]) {
      expect((await send(body)).body.detail).toMatch(/^JSON parse error - [EU]/);
    }
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('415, by the type that was sent; 413', async () => {
    const unsupported = (type: string) => [415, { detail: `Unsupported media type "${type}" in request.` }];
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/json5']) {
      const { status, body } = await send('{"name": "Ada"}', '/things/', type);
      expect([status, body]).toEqual(unsupported(type));
    }
    for (const [type, sent] of [
      ['application/json', '{}'],
      ['application/x-www-form-urlencoded', 'file=x'],
      ['application/json', '{bad'],
    ] as const) {
      const { status, body } = await send(sent, '/forms/', type);
      expect([status, body]).toEqual(unsupported(type));
    }
    const { status, body } = await send(JSON.stringify({ name: 'x'.repeat(1024 * 1024) }));
    expect([status, body]).toEqual([413, { detail: 'Request entity too large.' }]);
  });
});
