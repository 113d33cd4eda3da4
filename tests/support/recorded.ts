import type { Knex } from 'knex';
import { escapeLiteral } from 'pg';

/** The columns that can be written, by table. */
type Columns = Map<string, string[]>;

async function columnsOf(db: Knex): Promise<Columns> {
  const { rows } = await db.raw<{ rows: { name: string; columns: string[] }[] }>(`
    select table_name as name, array_agg(column_name::text) as columns from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE' and is_generated = 'NEVER' group by table_name
  `);
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/**
 * What `insert` inserts, as SQL that inserts the same again, identifiers and all, in one round trip. Rows that triggers
 * add are left to the triggers.
 */
export async function recorded<T>(db: Knex, insert: () => Promise<T>): Promise<{ sql: string; got: T }> {
  const tables = await columnsOf(db);
  const on = (name: string) =>
    `create trigger recorded after insert on "${name}" for each row execute function record()`;
  await db.raw(`
    create table recorded (id serial, name text, row jsonb);
    create function record() returns trigger language plpgsql as $$
      begin
        if pg_trigger_depth() = 1 then insert into recorded (name, row) values (tg_table_name, to_jsonb(new)); end if;
        return null;
      end
    $$;
    ${[...tables.keys()].map(on).join(';')}
  `);
  const got = await insert();
  const rows = await db<{ id: number; name: string; row: object }>('recorded').orderBy('id');
  await db.raw('drop function record() cascade; drop table recorded');
  const sql = rows.map(({ name, row }) => {
    const columns = tables
      .get(name)
      ?.map((column) => `"${column}"`)
      .join(', ');
    const record = `jsonb_populate_record(null::"${name}", ${escapeLiteral(JSON.stringify(row))})`;
    return `insert into "${name}" (${columns}) overriding system value select ${columns} from ${record}`;
  });
  // Knex would take a question mark for a parameter.
  return { sql: sql.join(';\n').replaceAll('?', '\\?'), got };
}
