/**
 * Secrets at rest are sealed (docs/adr/0012). A migration does not know the secret, so rows that exist are sealed at the
 * start that follows, where it is known, before anything is served.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table signing_keys alter column private_jwk type text using private_jwk::text;

    -- Empty but after an upgrade, so that each start asks it for nothing.
    create index api_keys_unsealed on api_keys (id)
      where webhook_secret is not null and webhook_secret not like 'sealed:%';
  `);
}

/** Forward only. */
export async function down() {}
