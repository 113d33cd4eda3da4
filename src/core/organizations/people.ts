import type { Context, Page } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Role, rolesOf } from '../principal.ts';
import { accountOf, each, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { calledName, missing, type Organization, organizationOf } from './organization.ts';

/** Somebody of an organization. */
export interface Person {
  id: string;
  name: string;
  email: string;
  organization: Organization;
  is_owner: boolean;
  permissions: Role[];
  created_at: string;
}

type Found = Omit<Person, 'organization' | 'is_owner' | 'permissions'> & { role_ids: number[] };

/** Members who may come in, without columns yet; `role`: those whose strongest role it is, by its number. */
function people(context: Context, role?: number) {
  const found = context
    .db('memberships as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where('m.account_id', accountOf(context))
    .whereNull('m.disabled_at');
  return role === undefined ? found : found.whereRaw('(select min(one) from unnest(m.role_ids) one) = ?', [role]);
}

const dressed = (organization: Organization, { role_ids, ...person }: Found): Person => ({
  ...person,
  ...{ organization, is_owner: role_ids.includes(1), permissions: rolesOf(role_ids) },
});

/** One page of the people of an organization, by name. */
export async function pageOfPeople(
  context: Context,
  organization: Organization,
  { limit = 20, offset }: { limit?: number; offset: number },
  role?: number,
): Promise<Page<Person>> {
  const found = people(context, role);
  const [counted] = await found.clone().count({ count: '*' });
  const rows: Found[] = await columns(context, found).orderByRaw('lower(name), id').limit(limit).offset(offset);
  return { rows: rows.map((row) => dressed(organization, row)), count: Number(counted?.count), limit, offset };
}

const columns = ({ db }: Context, found: ReturnType<typeof people>) =>
  db.from(
    found
      .clone()
      .select('u.uuid as id', db.raw(`${calledName} as name`), 'u.email', 'm.role_ids', 'm.created_at')
      .as('person'),
  );

const shown = ['id', 'name', 'email', 'organization', 'is_owner', 'permissions', 'created_at'] as const;

/** The people of an organization, whoever may come in. They are invited and removed on the other surfaces. */
export const peopleOfOrganization: Endpoint<Person, unknown, Organization> = {
  name: 'members',
  resource: {
    parent: organizationOf,
    list: (context, { page }, organization) => pageOfPeople(context, organization as Organization, page),
    async member(context, { id = '' }, organization) {
      const [row]: Found[] = isUuid(id) ? await columns(context, people(context).where('u.uuid', id)) : [];
      if (row) return dressed(organization as Organization, row);
      throw missing();
    },
  },
  policy: { action: { list: viewer, detail: viewer }, read: each(shown, viewer), write: {}, query: {} },
  presenter: { default: shown },
  collect: {},
};
