import { core, from, handlers } from '../places.js';
import { valuesOf } from '../values.js';

const [endpoints, table] = ['endpoints', 'operations'].map((file) => handlers('mage', file));

/** Mage's way: everything under its singular, ids that count, PUT changes what is sent. */
export const mage = {
  name: 'mage',
  key: { column: 'integer generated always as identity primary key', order: 'id' },
  wire: {
    called: (name) => name,
    time: (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 19)}+00:00`,
    timeSchema: 'envelope.yaml#/schemas/Timestamp',
    id: () => 1,
  },

  url: ({ plural }) => `/api/${plural}`,
  tag: ({ plural }) => plural,
  paths: ({ plural }) => [
    [`/${plural}`, 'collection'],
    [`/${plural}/{id}`, 'member'],
  ],
  schemas: ({ type, types }) => [
    type,
    `${type}Answer`,
    `${types}Answer`,
    `${type}CreateRequest`,
    `${type}UpdateRequest`,
  ],
  introduces: ({ camels }) => [
    [endpoints, camels],
    [table, camels],
  ],

  /** What each operation does, and who may: anonymous, roleless, viewer, editor, admin, owner, neighbour. */
  operations: ({ type, types, camels }) => [
    [`list${types}`, `act(${camels}, 'list')`, 'in        rol      ok     ok     ok    ok    ok'],
    [`create${type}`, `act(${camels}, 'create')`, 'in        rol      no     ok     ok    ok    ok'],
    [`get${type}`, `act(${camels}, 'detail')`, 'in        rol      ok     ok     ok    ok    404'],
    [`update${type}`, `act(${camels}, 'update')`, 'in        rol      no     ok     ok    ok    404'],
    [`delete${type}`, `act(${camels}, 'delete')`, 'in        rol      no     ok     ok    ok    404'],
  ],
  bodies: ({ type, singular }, fields) => [
    [`create${type}`, { [singular]: valuesOf(fields, 1) }],
    [`update${type}`, { [singular]: valuesOf(fields, 2) }],
  ],
  furnished: ({ plural }, row) => `'mage ${plural}': String(${row})`,

  core: () => ({
    imports: [['pageOf', 'page']],
    list: "list: (context, { page: { limit = 40, offset } }) => pageOf(mine(context), [['id']], { limit, offset }),",
    member: "const found = await mine(context).whereRaw('id::text = ?', [id]).first();",
    missing: 'Record not found.',
  }),

  edits(names, fields) {
    const { camels, types } = names;
    const times = ['created_at', 'updated_at', ...fields.flatMap(({ name, type }) => (type === 'time' ? [name] : []))];
    const list = times.map((name) => `'${name}'`).join(', ');
    const lines = mage.operations(names).map(([id, handler]) => `  ${id}: ${handler},\n`);
    return [
      [
        endpoints,
        [
          [/^/, `import { ${camels} as core${types} } from '${from(endpoints, core(names))}';\n`],
          [/$/, `\nexport const ${camels} = timed(core${types}, ${list});\n`],
        ],
        'its dress: how Mage writes times',
      ],
      [
        table,
        [
          [/^/, `import { ${camels} } from '${from(table, endpoints)}';\n`],
          [/^\} satisfies /m, `\n${lines.join('')}`],
        ],
        'one line for each operation',
      ],
    ];
  },
};
