import { pascal } from './names.js';
import { from } from './places.js';

/** The first, second or third value of each field, under the names that a surface has; times as `time` writes them. */
export function valuesOf(fields, which, called = (name) => name, time = (iso) => iso) {
  const value = ({ type, values }) => (type === 'time' ? time(values[which]) : values[which]);
  return Object.fromEntries(fields.map((field) => [called(field.name), value(field)]));
}

const yaml = (values) => Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
const literal = (values) => JSON.stringify(values);
const stamp = '2026-01-31T12:00:00Z';

/** What the templates ask for: the forms of the name, and what becomes of the fields on this surface. */
export function valuesFor(names, fields, surface, file) {
  const { called, time, timeSchema, id } = surface.wire;
  const columns = fields.map(({ name }) => called(name));
  const sent = (which) => valuesOf(fields, which, called);
  const shown = (which) => valuesOf(fields, which, called, time);
  const timed = fields.some(({ type }) => type === 'time');
  const [{ name, wrong }] = fields;
  const { list, member, missing, imports } = surface.core(names);
  const example = {
    id: id(names),
    ...shown(0),
    [called('created_at')]: time(stamp),
    [called('updated_at')]: time(stamp),
  };
  return {
    ...names,
    tables: from(file, 'tables'),
    context: from(file, 'context'),
    endpoint: from(file, 'endpoint'),
    failure: from(file, 'failure'),
    rules: from(file, 'rules'),
    endpointTest: from(file, 'endpointTest'),
    support: from(file, 'support'),
    imports: imports.map(([name, module]) => `import { ${name} } from '${from(file, module)}';`),
    idColumn: surface.key.column,
    order: surface.key.order,
    columns: fields.map(({ name, column }) => `${name} ${column},`),
    names: fields.map(({ name }) => `'${name}'`).join(', '),
    list,
    member,
    missing,
    example: yaml(example),
    sent: yaml(sent(0)),
    required: columns.join(', '),
    all: Object.keys(example).join(', '),
    properties: fields.flatMap((field) => property(field, names, called)),
    sameProperties: fields.map(({ name }) => `${called(name)}: *${pascal(name)}`),
    shownProperties: fields.flatMap(({ name, type }) =>
      type === 'time' ? [`${called(name)}:`, `  $ref: ${timeSchema}`] : [`${called(name)}: *${pascal(name)}`],
    ),
    first: literal(sent(0)),
    second: literal(sent(1)),
    third: literal(sent(2)),
    // What is written otherwise than it was sent needs values of its own.
    answers: timed
      ? ['firstShown', 'secondShown'].map((constant, which) => `const ${constant} = ${literal(shown(which))};`)
      : [],
    firstShown: timed ? 'firstShown' : 'first',
    secondShown: timed ? 'secondShown' : 'second',
    firstMade: timed ? 'first, firstShown' : 'first',
    secondMade: timed ? 'second, secondShown' : 'second',
    fieldList: literal(columns),
    row: literal(valuesOf(fields, 0)),
    wrong: `${called(name)}: ${literal(wrong)}`,
  };
}

function property({ name, schema }, { word }, called) {
  const description = `description: The ${name.replaceAll('_', ' ')} of the ${word}.`;
  return [`${called(name)}: &${pascal(name)}`, ...[...schema, description].map((line) => `  ${line}`)];
}
