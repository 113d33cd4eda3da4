/**
 * Whoever changes what a credential is worth tells all processes of it: what is remembered of it ends with the change
 * (docs/revocation.md). Triggers say so, hence no change can forget to, whichever program makes it.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- Processes that remember. A beat comes with each renewal; acked is the newest fence that the process has seen.
    create table nodes (
      id uuid primary key,
      beat bigint not null default 0,
      acked bigint not null default 0,
      about text not null
    ) with (fillfactor = 50);
    create sequence fences;

    -- The subjects are told in the order of commits; the code tells whoever made the change to wait for the others.
    create function tell_credentials(subjects text[]) returns void language plpgsql as $$
      begin
        if subjects is null or cardinality(subjects) = 0 then return; end if;
        perform pg_notify('latchkey_credentials', subject) from unnest(subjects) subject;
        raise info 'credentials have changed' using errcode = 'LK001';
      end
    $$;

    -- Where a statement changes so many at once, all that is known of anything ends.
    create function tell_many_credentials(subjects text[]) returns void language sql as $$
      select tell_credentials(case when cardinality(subjects) > 100 then array['*'] else subjects end)
    $$;

    create function tell_all_credentials() returns trigger language plpgsql as $$
      begin
        perform tell_credentials(array['*']);
        return null;
      end
    $$;
  `);
  for (const { table, columns, subjects, inserts = true } of tables) {
    await knex.raw(`
      create function tell_${table}() returns trigger language plpgsql as $$
        begin
          perform tell_credentials(array_remove(array[${subjects('old')}, ${subjects('new')}], null));
          return null;
        end
      $$;
      create trigger ${table}_tell after update of ${columns.join(', ')} on ${table} for each row
        when ((${columns.map((column) => `old.${column}`).join(', ')}, 0) is distinct from (${columns.map((column) => `new.${column}`).join(', ')}, 0))
        execute function tell_${table}();

      create function tell_many_${table}() returns trigger language plpgsql as $$
        begin
          perform tell_many_credentials(array(
            select subject from touched, unnest(array[${subjects('touched')}]) subject where subject is not null limit 101));
          return null;
        end
      $$;
      create trigger ${table}_tell_delete after delete on ${table} referencing old table as touched
        for each statement execute function tell_many_${table}();
      create trigger ${table}_tell_truncate after truncate on ${table}
        for each statement execute function tell_all_credentials();
    `);
    if (inserts)
      await knex.raw(`
        create trigger ${table}_tell_insert after insert on ${table} referencing new table as touched
          for each statement execute function tell_many_${table}();
      `);
  }
  await knex.raw(`
    -- A use puts the end of a session off, which nobody has to hear of; only what brings it nearer is told.
    create trigger sessions_tell_time after update of refreshed_at on sessions for each row
      when (coalesce(new.refreshed_at, new.created_at) < coalesce(old.refreshed_at, old.created_at))
      execute function tell_sessions();

    -- Credits are counted down by each use; what is told is whether there are any to count.
    create function tell_key_counters() returns trigger language plpgsql as $$
      begin
        perform tell_credentials(array['n:' || old.id, 'n:' || new.id]);
        return null;
      end
    $$;
    create trigger key_counters_tell after update of id, credits on key_counters for each row
      when (old.id <> new.id or (old.credits is null) <> (new.credits is null))
      execute function tell_key_counters();
  `);
}

/** What a verdict reads of each table (core/credentials/verify.ts), and by what name the rest of the server knows a row. */
const tables = [
  {
    table: 'api_keys',
    columns: [
      ...['id', 'uuid', 'hash', 'user_id', 'account_id', 'name', 'metadata', 'created_at', 'scopes', 'addresses'],
      ...['limits', 'refill', 'expires_at', 'revoked_at', 'is_enabled', 'counter_id'],
    ],
    subjects: (row) => `'k:' || encode(${row}.hash, 'hex')`,
  },
  {
    table: 'oauth_tokens',
    columns: ['id', 'hash', 'user_id', 'account_id', 'expires'],
    subjects: (row) => `'t:' || encode(${row}.hash, 'hex')`,
  },
  {
    table: 'sessions',
    columns: [
      ...['id', 'user_id', 'account_id', 'created_at', 'ended_at', 'reauthenticated_at', 'cookie_hash'],
      ...['cli_token_hash', 'kind'],
    ],
    subjects: (row) =>
      `'s:' || ${row}.id, 'c:' || encode(${row}.cookie_hash, 'hex'), 'l:' || encode(${row}.cli_token_hash, 'hex')`,
  },
  {
    table: 'memberships',
    columns: ['user_id', 'account_id', 'role_ids', 'disabled_at'],
    subjects: (row) => `'u:' || ${row}.user_id`,
  },
  {
    table: 'users',
    columns: ['id', 'uuid', 'username', 'email'],
    subjects: (row) => `'u:' || ${row}.id`,
    // Nothing can be known of somebody who was not there.
    inserts: false,
  },
];

/** Forward only. */
export async function down() {}
