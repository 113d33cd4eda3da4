// Prints the row types of a freshly migrated database; `npm run generate` writes them to generated/tables.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pluralize from 'pluralize';
import { openDatabase } from '../src/database/database.ts';

/** As src/database/database.ts has them read. Arrays begin with `_`. A type that is not here is an error. */
const types: Record<string, string> = {
  bool: 'boolean',
  bytea: 'Buffer',
  date: 'string',
  float4: 'number',
  float8: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  json: 'unknown',
  jsonb: 'unknown',
  numeric: 'number',
  text: 'string',
  timestamptz: 'string',
  tsvector: 'string',
  uuid: 'string',
};

interface Column {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
}

function typeOf({ table, name, type, nullable }: Column): string {
  const known = types[type.replace(/^_/, '')];
  if (!known) throw new Error(`${table}.${name} is a ${type}: say in scripts/tables.ts what that is in TypeScript`);
  const whole = type.startsWith('_') ? `${known}[]` : known;
  return nullable && whole !== 'unknown' ? `${whole} | null` : whole;
}

const pascal = (table: string) =>
  pluralize.singular(table).replace(/(^|_)(.)/g, (_all, _start, letter: string) => letter.toUpperCase());

const folder = mkdtempSync(join(tmpdir(), 'latchkey-tables-'));
const silent = { debug: () => {}, error: (message: string) => console.error(message) };
const { db, close } = await openDatabase({ data: folder }, silent);
try {
  const { rows } = await db.raw<{ rows: Column[] }>(`
    select table_name "table", column_name "name", udt_name "type", is_nullable = 'YES' "nullable"
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'knex_%'
    order by table_name, ordinal_position
  `);
  const tables = [...new Set(rows.map(({ table }) => table))];
  const lines = tables.flatMap((table) => [
    `/** A row of \`${table}\`. */`,
    `export interface ${pascal(table)} {`,
    ...rows.filter((column) => column.table === table).map((column) => `  ${column.name}: ${typeOf(column)};`),
    '}',
    '',
  ]);
  lines.push("declare module 'knex/types/tables.js' {", '  interface Tables {');
  lines.push(...tables.map((table) => `    ${table}: ${pascal(table)};`), '  }', '}');
  console.log(lines.join('\n'));
} finally {
  await close();
  rmSync(folder, { recursive: true, force: true });
}
