/**
 * What is over is pruned after a while (docs/settings.md, "What is kept, and for how long"): indexes for the daily job and
 * for the list of keys, and the one way past the lock of the audit log.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create index sessions_ended on sessions (ended_at) where ended_at is not null;
    create index refresh_tokens_used on refresh_tokens (used_at) where used_at is not null;
    create index oauth_tokens_expires on oauth_tokens (expires);
    create index api_keys_revoked on api_keys (revoked_at) where revoked_at is not null;
    create index api_keys_revoked_of_user on api_keys (user_id, created_at desc, id desc) where revoked_at is not null;
    create index webhook_deliveries_created on webhook_deliveries (created_at);
    create index runs_ended on runs (ended_at) where ended_at is not null;
    create index audit_log_at on audit_log (at);

    -- Rows still cannot be changed, and go only where a transaction says that it prunes.
    create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and current_setting('latchkey.pruning', true) = 'on' then
          return null;
        end if;
        raise exception 'the audit log is append only';
      end
    $$;
  `);
}

/** Forward only. */
export async function down() {}
