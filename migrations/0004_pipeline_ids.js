/**
 * An id of a pipeline that says nothing of its name and survives a new one: MaiAgent's `id`, and what Mystic's `pipeline_…` stands for.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table pipelines
      add column public_id uuid not null default gen_random_uuid(),
      add constraint pipelines_public_id_unique unique (public_id)
  `);
}

/** Forward only. */
export async function down() {}
