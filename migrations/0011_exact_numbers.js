const columns = {
  runs: ['inputs', 'outputs', 'error'],
  deployments: ['input_variables', 'output_variables', 'cluster', 'extras'],
  scaling_configs: ['args'],
  knowledge_base_files: ['raw_user_define_metadata'],
};

/**
 * What is handed through is kept as the text that it came as: `jsonb` makes another number of `1e400`, `1e5` and `-0`. Nobody
 * looks into these columns with SQL.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  for (const [table, names] of Object.entries(columns)) {
    const changes = names.map((name) => `alter column ${name} type json using ${name}::json`);
    await knex.raw(`alter table ${table} ${changes.join(', ')}`);
  }
}

/** Forward only. */
export async function down() {}
