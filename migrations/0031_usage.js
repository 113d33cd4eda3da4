/**
 * How often what was asked, by whom and from where. One row for many requests, added to in batches.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table usage_counts (
      account_id integer not null,
      -- In UTC.
      day date not null,
      -- The key, also when it has long been deleted; all zeros for sessions.
      key_uuid uuid not null,
      -- Its surface and its id: latchkey.listKeys.
      operation text not null,
      -- 2 for 2xx.
      status smallint not null,
      -- /24 or /48; 'other' where there were too many.
      network text not null,
      requests bigint not null,
      primary key (account_id, day, key_uuid, operation, status, network)
    ) with (fillfactor = 80);
    create index usage_counts_day on usage_counts (day);
  `);
}

/** Forward only. */
export async function down() {}
