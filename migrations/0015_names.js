/**
 * One spelling of what is compared (RFC 8265): e-mail addresses composed and in lower case, usernames and names of keys
 * composed. A row stays as it is where another one has that spelling already: whose it is, nobody can tell but the people.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- As it was typed, where that is another spelling: Mage's surface compares to the letter.
    alter table users add column email_typed text;
  `);
  // Postgres composes in UTF8 alone; elsewhere there is nothing to compose.
  const { rows } = await knex.raw(`select current_setting('server_encoding') = 'UTF8' as utf8`);
  const nfc = (column) => (rows[0].utf8 ? `normalize(${column}, NFC)` : column);
  const alone = (column, spelling) => `
    update users u set ${column} = ${spelling(`u.${column}`)}
    where u.${column} <> ${spelling(`u.${column}`)} and not exists (
      select from users o where o.id <> u.id and lower(${nfc(`o.${column}`)}) = lower(${nfc(`u.${column}`)})
    )`;
  const canonical = (column) => `lower(${nfc(column)})`;
  await knex.raw(`update users set email_typed = email where email <> ${canonical('email')}`);
  await knex.raw(alone('email', canonical));
  await knex.raw(alone('username', nfc));
  await knex.raw(`update api_keys set name = ${nfc('name')} where name <> ${nfc('name')}`);
}

/** Forward only. */
export async function down() {}
