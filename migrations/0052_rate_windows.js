/**
 * How often somebody may call: a window for each of whoever is counted and each span, out of which processes take portions. What keys
 * counted in a row of their own is counted here as well.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table rate_windows (
      -- 'user:12', or 'counter:34' of keys
      whose text not null,
      seconds integer not null,
      ends_at timestamptz not null,
      taken integer not null,
      -- What was taken last.
      granted integer not null,
      primary key (whose, seconds)
    ) with (fillfactor = 50);

    alter table key_counters
      drop column second_from, drop column second_count,
      drop column minute_from, drop column minute_count,
      drop column hour_from, drop column hour_count,
      drop column day_from, drop column day_count;
  `);
}

/** Forward only. */
export async function down() {}
