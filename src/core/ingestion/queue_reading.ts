import type { Knex } from 'knex';

/** What the task that reads a file counts against (core/webhooks/turns.ts): few of them are under way in one process. */
const flag = 'reading';

/**
 * Has files of knowledge bases read, anew where they were read before: what is found in them stays until then. In the transaction of what asks for it.
 * Whoever has sent the fewest files comes first.
 */
export async function queueReading(db: Knex, entryIds: readonly string[]): Promise<void> {
  await db.raw(
    `with asked as (
       update knowledge_base_files k
       set status = 'initial', reading = k.reading + 1, pages = null, pages_read = 0, failure = null, page_failures = '[]'
       where k.id = any(?::uuid[]) and k.status <> 'deleting'
       returning k.id, k.reading, k.file_id
     ), line as (
       select a.id, a.reading, row_number() over (order by a.id) + (
         select count(*) from knowledge_base_files o join files of on of.id = o.file_id
         where of.account_id = f.account_id and o.status in ('initial', 'processing') and not o.id = any(?::uuid[])) as place
       from asked a join files f on f.id = a.file_id
     )
     select from line, graphile_worker.add_job('read_file', json_build_object('id', line.id, 'reading', line.reading),
       job_key => 'read_file ' || line.id, max_attempts => 5, priority => (100 + least(line.place, 10000))::int,
       flags => array['${flag}'])`,
    [[...entryIds], [...entryIds]],
  );
}

/** The same for files that came before files were read. */
export async function queueUnread(db: Knex): Promise<void> {
  const found = await db('knowledge_base_files').where({ status: 'initial', reading: 0 }).select('id');
  const ids = found.map(({ id }) => id);
  if (ids.length > 0) await queueReading(db, ids);
}

/** Of the queue's jobs: a reading takes its time, and is abandoned once nothing was heard of it for a minute. */
export const abandonedReading = `(task_identifier = 'read_file' and exists (
  select from knowledge_base_files k where key = 'read_file ' || k.id and k.heard_at < now() - interval '1 minute'))`;
