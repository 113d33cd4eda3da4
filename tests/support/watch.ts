import type { Knex } from 'knex';

/** What says who may do what, and where the server is told to go: these columns of these tables. */
const watched: Record<string, string[]> = {
  users: ['email', 'username', 'password_hash'],
  memberships: ['role_ids'],
  api_keys: ['revoked_at', 'is_enabled', 'expires_at', 'webhook_url'],
  sessions: ['ended_at'],
  oauth_tokens: ['expires'],
  pipelines: ['container_url'],
  hooks: ['url', 'enabled', 'secret'],
};

/** What one request changed of it, and what it left in the audit log. */
interface Seen {
  changed: string[];
  audited: string[];
}

/**
 * Has the database itself note every change of what is watched, whichever code makes it; gives what has changed since it was
 * asked last, beside the audit rows that carry the name of a request.
 */
export async function watchAccess(db: Knex): Promise<(requestId: string) => Promise<Seen>> {
  await db.raw(`
    create table access_changes (what text not null);
    create function note_access() returns trigger language plpgsql as $$
      declare name text;
      begin
        foreach name in array tg_argv loop
          if tg_op <> 'UPDATE' or to_jsonb(old) -> name is distinct from to_jsonb(new) -> name then
            insert into access_changes values (lower(tg_op) || ' ' || tg_table_name || '.' || name);
          end if;
        end loop;
        return null;
      end
    $$;
  `);
  for (const [table, columns] of Object.entries(watched)) {
    const names = columns.map((name) => `'${name}'`).join(', ');
    // New pipelines are no change of access: only where their runs go is.
    const events = table === 'pipelines' ? 'update' : 'insert or update or delete';
    await db.raw(
      `create trigger note_access after ${events} on ${table} for each row execute function note_access(${names})`,
    );
  }
  return async (request_id) => {
    const { rows } = await db.raw<{ rows: { what: string }[] }>('delete from access_changes returning what');
    const audited = await db('audit_log').where({ request_id }).orderBy('id');
    return { changed: rows.map(({ what }) => what), audited: audited.map(({ action }) => action) };
  };
}
