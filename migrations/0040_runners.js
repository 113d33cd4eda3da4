/**
 * What runners say of the runs that they have in hand, and what they pass on (docs/runner.md).
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- The number of the last event that its runner has told: one that is told again is not written again.
    alter table runs add column reported integer not null default 0;
    create index runs_for_runners on runs (account_id, created_at) where executor = 'runner' and ended_at is null;

    -- How often it was begun since somebody last asked for it.
    alter table block_runs add column tries integer not null default 0;

    -- The value as Python pickles it, for the blocks that take it; never opened here.
    alter table block_outputs add column pickled bytea;
  `);
}

/** Forward only. */
export async function down() {}
