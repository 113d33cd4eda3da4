import { camel } from '../names.js';
import { core, from, handlers } from '../places.js';
import { valuesOf } from '../values.js';

const table = handlers('maiagent', 'operations');

/** MaiAgent's way: bare answers in camelCase, UUIDs, milliseconds, PUT for all of it and PATCH for a part. */
export const maiagent = {
  name: 'maiagent',
  key: { column: 'uuid primary key default gen_random_uuid()', order: 'created_at, id' },
  wire: {
    called: camel,
    time: (iso) => String(Date.parse(iso)),
    timeSchema: 'envelope.yaml#/schemas/Time',
    id: () => '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10',
  },

  url: ({ path }) => `/api/v1/${path}/`,
  tag: ({ path }) => path,
  paths: ({ path }) => [
    [`/${path}/`, 'collection'],
    [`/${path}/{id}/`, 'member'],
  ],
  schemas: ({ type, types }) => [type, types, `New${type}`, `${type}Changes`],
  introduces: ({ camels }) => [[table, camels]],

  /** What each operation does, and who may: anonymous, roleless, viewer, editor, admin, owner, neighbour. */
  operations: ({ type, types, camels }) => [
    [`list${types}`, `listing(${camels})`, 'in        no       ok     ok     ok    ok    ok'],
    [`create${type}`, `doing(${camels}, 'create')`, 'in        no       no     ok     ok    ok    ok'],
    [`get${type}`, `doing(${camels}, 'detail')`, 'in        no       ok     ok     ok    ok    404'],
    [`replace${type}`, `doing(${camels}, 'update')`, 'in        no       no     ok     ok    ok    404'],
    [`update${type}`, `doing(${camels}, 'update')`, 'in        no       no     ok     ok    ok    404'],
    [`delete${type}`, `doing(${camels}, 'delete')`, 'in        no       no     ok     ok    ok    404'],
  ],
  bodies: ({ type }, fields) => [
    [`create${type}`, valuesOf(fields, 1, camel)],
    [`replace${type}`, valuesOf(fields, 2, camel)],
    [`update${type}`, {}],
  ],
  furnished: ({ path }, row) => `'maiagent ${path}': String(${row})`,

  core: ({ word }) => ({
    imports: [
      ['pageOf', 'page'],
      ['isUuid', 'uuid'],
    ],
    list: [
      'list: (context, { page: { limit = 20, offset } }) =>',
      "  pageOf(mine(context), [['created_at', 'desc'], ['id']], { limit, offset }),",
    ],
    member: 'const found = isUuid(id) && (await mine(context).where({ id }).first());',
    missing: `There is no such ${word}.`,
  }),

  edits(names) {
    const lines = maiagent.operations(names).map(([id, handler]) => `  ${id}: ${handler},\n`);
    return [
      [
        table,
        [
          [/^/, `import { ${names.camels} } from '${from(table, core(names))}';\n`],
          [/^\} satisfies /m, `\n${lines.join('')}`],
        ],
        'one line for each operation',
      ],
    ];
  },
};
