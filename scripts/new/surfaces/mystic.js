import { core, from, handlers, policyTest } from '../places.js';
import { valuesOf } from '../values.js';

const [shown, table] = ['shown', 'operations'].map((file) => handlers('mystic', file));

/** Mystic's way: bare answers, ids that say what they are of, seconds, PATCH, nothing left after DELETE. */
export const mystic = {
  name: 'mystic',
  key: { column: 'uuid primary key default gen_random_uuid()', order: 'created_at, id' },
  wire: {
    called: (name) => name,
    time: (iso) => Date.parse(iso) / 1000,
    timeSchema: 'envelope.yaml#/schemas/Timestamp',
    id: ({ singular }) => `${singular}_0d9a6f2b51c44e388b7fc3a2915e4d60`,
  },

  url: ({ path }) => `/v4/${path}`,
  tag: ({ plural }) => plural,
  paths: ({ path, singular }) => [
    [`/${path}`, 'collection'],
    [`/${path}/{${singular}_id}`, 'member'],
  ],
  schemas: ({ type }) => [`${type}Get`, `${type}Create`, `${type}Patch`, `${type}Page`],
  introduces: ({ singular, camel, camels, type }) => [
    [policyTest, `${singular}_id`],
    [shown, type],
    [shown, `${camel}Get`],
    [table, camels],
    [table, `${camel}Get`],
  ],

  /** What each operation does, and who may: anonymous, roleless, viewer, editor, admin, owner, neighbour. */
  operations: ({ type, types, camel, camels }) => [
    [`list${types}`, `page(act(${camels}, 'list'), ${camel}Get)`, 'in        no       ok     ok     ok    ok    ok'],
    [`create${type}`, `one(act(${camels}, 'create'), ${camel}Get)`, 'in        no       no     ok     ok    ok    ok'],
    [`get${type}`, `one(act(${camels}, 'detail'), ${camel}Get)`, 'in        no       ok     ok     ok    ok    404'],
    [`update${type}`, `one(act(${camels}, 'update'), ${camel}Get)`, 'in        no       no     ok     ok    ok    404'],
    [`delete${type}`, `nothing(act(${camels}, 'delete'))`, 'in        no       no     ok     ok    ok    404'],
  ],
  bodies: ({ type }, fields) => [
    [`create${type}`, valuesOf(fields, 1)],
    [`update${type}`, valuesOf(fields, 2)],
  ],
  furnished: ({ singular }, row) => `${singular}_id: wire('${singular}', (${row}) as string)`,

  core: ({ singular, word }) => ({
    imports: [
      ['orderOf, pageOf', 'page'],
      ['uuidOf', 'ids'],
    ],
    list: [
      'list(context, { page: { limit = 20, offset, order } }) {',
      "  const [by, direction] = orderOf(order[0] ?? 'created_at:desc', [...written, 'created_at', 'updated_at']);",
      "  return pageOf(mine(context), [[by, direction], ['id', direction]], { limit, offset });",
      '},',
    ],
    member: [
      `const uuid = uuidOf('${singular}', id);`,
      'const found = uuid && (await mine(context).where({ id: uuid }).first());',
    ],
    missing: `${word.charAt(0).toUpperCase()}${word.slice(1)} not found`,
  }),

  edits(names, fields) {
    const { singular, camel, camels, type } = names;
    const lines = mystic.operations(names).map(([id, handler]) => `  ${id}: ${handler},\n`);
    const own = fields.map(
      ({ name, type }) => `    ${name}: ${type === 'time' ? `epoch(row.${name})` : `row.${name}`},\n`,
    );
    const show = `
export function ${camel}Get(row: ${type}): Schemas['${type}Get'] {
  return {
    id: idOf('${singular}', row.id),
${own.join('')}    created_at: epoch(row.created_at),
    updated_at: epoch(row.updated_at),
  };
}
`;
    return [
      [
        shown,
        [
          [/^/, `import type { ${type} } from '${from(shown, 'tables')}';\n`],
          [/$/, show],
        ],
        'its dress: how Mystic writes it',
      ],
      [
        table,
        [
          [/^/, `import { ${camels} } from '${from(table, core(names))}';\n`],
          [/^/, `import { ${camel}Get } from '${from(table, shown)}';\n`],
          [/^\} satisfies /m, `\n${lines.join('')}`],
        ],
        'one line for each operation',
      ],
    ];
  },
};
