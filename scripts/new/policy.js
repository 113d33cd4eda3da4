import { valuesOf } from './values.js';

/** Where the table of the policy test has its first column of answers. */
const column = 32;

/** The rows of the policy table, the bodies, and one thing to ask for. */
export function policyEdits(names, fields, surface) {
  const { plural } = names;
  const rows = surface.operations(names).map(([id, , who]) => `${`    ${id}: '`.padEnd(column)}${who}',\n`);
  const bodies = surface
    .bodies(names, fields)
    .map(([id, body]) => `  '${surface.name} ${id}': ${JSON.stringify(body)},\n`);
  const row = JSON.stringify(valuesOf(fields, 0)).slice(1, -1);
  const one = `(await db('${plural}').insert({ account_id, ${row} }).returning('id'))[0]?.id`;
  return [
    [new RegExp(`\\n {2}${surface.name}: \\{\\n(?: {4}.*\\n|\\n)+`), (found) => `${found}\n${rows.join('')}`],
    [/\nconst bodies: .* = \{\n/, (found) => found + bodies.join('')],
    [/ delete from pipelines;/, (found) => ` delete from ${plural};${found}`],
    [/ {4}pipelines: /, `    ${surface.furnished(names, one)},\n`],
  ];
}
