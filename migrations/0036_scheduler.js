/**
 * When each trigger by time is to be looked at next, so that a look at the clock finds those that are due alone.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table pipeline_schedules
      -- Null: at once, as something of it has changed.
      add column next_due_at timestamptz,
      -- What time it was then: a clock that was put back since finds it again.
      add column planned_at timestamptz;
    create index pipeline_schedules_due on pipeline_schedules (next_due_at)
      where status = 'active' and schedule_type = 'time';
  `);
}

/** Forward only. */
export async function down() {}
