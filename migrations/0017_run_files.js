/**
 * The files that came out of runs, kept as long as their runs; by which address a run's caller knows this server, for the
 * container to find files there; and when a run was last sent.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table runs
      add column origin text,
      add column sent_at timestamptz;

    create table run_files (
      run_id uuid not null references runs on delete cascade,
      -- Where the container had it, as the outputs name it.
      path text not null,
      file_id uuid not null references files,
      primary key (run_id, path)
    );
    create index run_files_file_id on run_files (file_id);

    -- However a run goes, its files go with it: but for those that something else refers to by now, as the foreign keys know.
    create function drop_run_file() returns trigger language plpgsql as $$
      declare
        content text;
      begin
        delete from files where id = old.file_id and not pinned returning sha256 into content;
        if content is not null then
          perform graphile_worker.add_job('collect_file', json_build_object('sha256', content), priority => 10);
        end if;
        return null;
      exception when foreign_key_violation then
        return null;
      end
    $$;
    create trigger run_files_drop after delete on run_files for each row execute function drop_run_file();
  `);
}

/** Forward only. */
export async function down() {}
