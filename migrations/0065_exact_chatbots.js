/**
 * What an answer of a chatbot depends on is remembered, too (core/completions/known_chatbot.ts): whoever changes it tells all processes, as
 * of a credential (0044_exact.js).
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  for (const { table, columns, subject } of tables) {
    const list = (row) => columns.map((column) => `${row}.${column}`).join(', ');
    await knex.raw(`
      create function tell_${table}() returns trigger language plpgsql as $$
        begin
          perform tell_credentials(array[${subject('old')}, ${subject('new')}]);
          return null;
        end
      $$;
      create trigger ${table}_tell after update of ${columns.join(', ')} on ${table} for each row
        when ((${list('old')}, 0) is distinct from (${list('new')}, 0)) execute function tell_${table}();

      create function tell_many_${table}() returns trigger language plpgsql as $$
        begin
          perform tell_many_credentials(array(select distinct ${subject('touched')} from touched limit 101));
          return null;
        end
      $$;
      create trigger ${table}_tell_delete after delete on ${table} referencing old table as touched
        for each statement execute function tell_many_${table}();
      create trigger ${table}_tell_truncate after truncate on ${table}
        for each statement execute function tell_all_credentials();
    `);
  }
  await knex.raw(`
    create trigger chatbot_knowledge_bases_tell_insert after insert on chatbot_knowledge_bases referencing new table as touched
      for each statement execute function tell_many_chatbot_knowledge_bases();
  `);
}

/** What is read of each table (core/completions/question_statements.ts). */
const tables = [
  {
    table: 'chatbots',
    columns: [
      ...['id', 'account_id', 'large_language_model', 'instructions', 'temperature', 'max_tokens', 'reply_mode'],
      ...['unanswerable_template', 'number_of_retrieved_chunks', 'output_mode', 'raw_output_format'],
    ],
    subject: (row) => `'b:' || ${row}.id`,
  },
  {
    table: 'chatbot_knowledge_bases',
    columns: ['chatbot_id', 'knowledge_base_id'],
    subject: (row) => `'b:' || ${row}.chatbot_id`,
  },
  {
    table: 'contacts',
    columns: ['id', 'account_id', 'anonymous', 'query_metadata', 'deleted_at'],
    subject: (row) => `'p:' || ${row}.id`,
  },
];

/** Forward only. */
export async function down() {}
