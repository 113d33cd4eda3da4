import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';

/** An account, as MaiAgent shows an organization. */
export interface Organization {
  /** The account's uuid. */
  id: string;
  name: string;
  /** Whoever has owned it longest; null where nobody does. */
  owner: { id: string; name: string } | null;
  created_at: string;
}

/** What somebody is called, as a column; `u` is the user. */
export const calledName = `coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username, u.email)`;

/** The account of the credential: the one organization that is there for a caller. */
export async function ownOrganization(context: Context): Promise<Organization> {
  const { rows } = await context.db.raw<{ rows: Organization[] }>(
    `select a.uuid as id, a.name, a.created_at,
       (select json_build_object('id', u.uuid, 'name', ${calledName})
        from memberships m join users u on u.id = m.user_id
        where m.account_id = a.id and 1 = any(m.role_ids) and m.disabled_at is null
        order by m.created_at, u.id limit 1) as owner
     from accounts a where a.id = ?`,
    [accountOf(context)],
  );
  return rows[0] as Organization;
}

/** The same by its id. Throws `not_found` for any other. */
export async function organizationOf(context: Context, id = ''): Promise<Organization> {
  const own = await ownOrganization(context);
  if (own.id === id.toLowerCase()) return own;
  throw missing();
}

/** No such organization, or nothing of that id in it. */
export const missing = () => new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });

/** One page of rows that are all at hand. */
export function pageIn<Row>(rows: readonly Row[], { limit = 20, offset }: { limit?: number; offset: number }) {
  return { rows: rows.slice(offset, offset + limit), count: rows.length, limit, offset };
}
