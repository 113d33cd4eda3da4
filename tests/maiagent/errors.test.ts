import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type Node, resolve } from '../../src/contract/contract.ts';
import { surface } from '../../src/handlers/maiagent/index.ts';
import { sentences } from '../../src/handlers/maiagent/sentences.ts';
import { formType, multipart } from '../support/maiagent.ts';
import { app, errors, send } from './things.ts';

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
    const silent = [
      'properties',
      'items',
      'description',
      'default',
      'examples',
      'example',
      'title',
      'nullable',
      'x-also',
      'x-beyond-schema',
    ];
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

  it('#37 a body that is null', async () => {
    expect((await send('null')).body).toEqual({ nonFieldErrors: ['No data provided'] });
  });

  it('#35 no body at all counts as {}', async () => {
    expect((await request(app).post('/things/')).body).toEqual({ name: required });
    expect((await send('')).body).toEqual({ name: required });
    expect((await send('{}')).body).toEqual({ name: required });
    expect((await request(app).post('/things/').type('text/plain')).body).toEqual({ name: required });
  });
});
