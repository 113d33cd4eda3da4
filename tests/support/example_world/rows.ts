import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { House } from '../../../src/core/house.ts';

/** A row of the world of the examples, with the number and the identifiers that the examples name. */
export async function put(db: Knex, table: string, row: Record<string, unknown>): Promise<void> {
  const names = Object.keys(row);
  const values = names.map((name) => asText(row[name]));
  await db.raw(
    `insert into ?? (${names.map(() => '??').join(', ')}) overriding system value values (${names.map(() => '?').join(', ')})`,
    [table, ...names, ...values],
  );
}

/** Objects are JSON; lists and bytes are what the driver makes of them. */
function asText(value: unknown): never {
  const isJson = typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
  return (isJson ? JSON.stringify(value) : value) as never;
}

/** What every file of the examples holds. */
export const bytes = {
  text: 'meow',
  size: 4,
  sha256: '404cdd7bc109c432f8cc2443b45bcfe95980f5107215c645236e577929ac3e52',
};

/** Stores them; what no row names any more is thrown away. */
export async function putBytes({ files }: House): Promise<void> {
  const path = join(files.incoming, 'meow');
  await mkdir(files.incoming, { recursive: true });
  await writeFile(path, bytes.text);
  await files.storage.put(bytes.sha256, path, bytes.size);
}

/** When everything in the examples was made. */
export const made = '2026-02-18T10:40:36.561396Z';
export const times = { created_at: made, updated_at: made };

/** Ends all that was done before: the rows of everything, and the numbers that are given lie far above those of the examples. */
export async function clear(db: Knex): Promise<void> {
  await db.raw(`
    delete from conversations; delete from contacts; delete from inboxes; delete from chatbots; delete from pipeline_families; delete from pipelines; delete from api_keys; delete from key_counters; delete from attachments; delete from knowledge_bases;
    delete from files; delete from secrets; delete from one_time_links; delete from hooks; delete from pointers;
    delete from scaling_configs; delete from multipart_uploads; delete from device_logins; delete from sessions;
    delete from oauth_tokens; delete from rate_limits; delete from idempotency_keys; delete from usage_counts;
    delete from users where id <> 1; update users set first_name = null, last_name = null, avatar = null, user_metadata = '{}' where id = 1;
  `);
  for (const table of [
    'users',
    'api_keys',
    'key_counters',
    'pipelines',
    'pipeline_schedules',
    'pipeline_runs',
    'block_runs',
    'backfills',
    'secrets',
    'pointers',
  ])
    await db.raw(
      `select setval(s, 1000) from pg_get_serial_sequence(?, 'id') s where coalesce(pg_sequence_last_value(s::regclass), 0) < 1000`,
      [table],
    );
}
