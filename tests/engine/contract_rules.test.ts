import { describe, expect, it } from 'vitest';
import { noInlineDuplicates } from '../../scripts/contract_rules.js';

const thing = (more: object = {}) => ({
  type: 'object',
  properties: { id: { type: 'string', ...more }, name: { $ref: '#/schemas/Name' }, at: { type: 'integer' } },
});

/** What the rule says of schemas, each at its place: `file#pointer`. */
function said(schemas: Record<string, object>): string[] {
  const found: string[] = [];
  const { Schema } = noInlineDuplicates();
  for (const [at, schema] of Object.entries(schemas)) {
    const [absoluteRef = '', pointer] = at.split('#');
    const location = { pointer: `#${pointer}`, source: { absoluteRef } };
    Schema(schema, { location, report: () => found.push(at) });
  }
  return found;
}

describe('no-inline-duplicates', () => {
  it('tells of the second of two, whatever is said about it', () => {
    const schemas = {
      '/a.yaml#/schemas/One/properties/it': thing(),
      '/a.yaml#/schemas/Two/properties/it': thing({ description: 'Another word.' }),
    };
    expect(said(schemas)).toEqual(['/a.yaml#/schemas/Two/properties/it']);
  });

  it('lets those with a name be, those of two properties, and those that differ', () => {
    const small = { type: 'object', properties: { id: {}, name: {} } };
    expect(
      said({
        '/a.yaml#/schemas/One': thing(),
        '/a.yaml#/schemas/Two': thing(),
        '/a.yaml#/schemas/Three/properties/it': small,
        '/a.yaml#/schemas/Four/properties/it': small,
        '/a.yaml#/schemas/Five/properties/it': thing(),
        '/a.yaml#/schemas/Six/properties/it': thing({ maxLength: 5 }),
      }),
    ).toEqual([]);
  });

  it('a reference is the same from wherever it is made, and another one in another file', () => {
    const from = ($ref: string) => ({ type: 'object', properties: { a: { $ref }, b: {}, c: {} } });
    const at = (file: string) => `${file}#/schemas/One/properties/it`;
    expect(said({ [at('/x/a.yaml')]: from('b.yaml#/schemas/It'), [at('/x/b.yaml')]: from('#/schemas/It') })).toEqual([
      at('/x/b.yaml'),
    ]);
    expect(said({ [at('/x/a.yaml')]: from('#/schemas/It'), [at('/x/b.yaml')]: from('#/schemas/It') })).toEqual([]);
  });
});
