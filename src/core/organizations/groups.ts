import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Role, roles } from '../principal.ts';
import { allRoles } from '../roles/index.ts';
import { each, viewer } from '../rules.ts';
import { uuidOfName } from './name_uuid.ts';
import { missing, type Organization, organizationOf, pageIn } from './organization.ts';
import { type Person, pageOfPeople } from './people.ts';
import { type Permission, permissionsOf } from './permissions.ts';

/** A role, as MaiAgent shows a group of permissions. */
export interface Group {
  id: string;
  name: string;
  permissions: Permission[];
  created_at: string;
  /** The role's number. */
  role: number;
}

async function groupsOf(context: Context): Promise<Group[]> {
  return (await allRoles(context)).map(({ id, name, created_at }) => ({
    ...{ id: uuidOfName('group', name), name, created_at, role: id },
    permissions: permissionsOf(roles[id - 1] as Role),
  }));
}

async function groupOf(context: Context, id = ''): Promise<Group> {
  const found = (await groupsOf(context)).find((one) => one.id === id.toLowerCase());
  if (found) return found;
  throw missing();
}

const shown = ['id', 'name', 'permissions', 'created_at'] as const;

/** The groups of an organization: the four roles. */
export const groups: Endpoint<Group, unknown, Organization> = {
  name: 'groups',
  resource: {
    parent: organizationOf,
    list: async (context, { page }) => pageIn(await groupsOf(context), page),
    member: (context, { id }) => groupOf(context, id),
  },
  policy: {
    action: { list: viewer, detail: viewer },
    read: { ...each(shown, viewer), role: viewer },
    write: {},
    query: {},
  },
  presenter: { default: shown },
  collect: {},
};

/** Somebody in a group. */
export interface GroupMember {
  id: string;
  member: Person;
  created_at: string;
}

/** Who has a role: the call's id is the group's. */
export const groupMembers: Endpoint<GroupMember, unknown, Organization> = {
  name: 'group_members',
  resource: {
    parent: organizationOf,
    async list(context, { id, page }, organization) {
      const { role } = await groupOf(context, id);
      const found = await pageOfPeople(context, organization as Organization, page, role);
      return { ...found, rows: found.rows.map((member) => ({ id: member.id, member, created_at: member.created_at })) };
    },
  },
  policy: {
    action: { list: viewer },
    read: each(['id', 'member', 'created_at'], viewer),
    write: {},
    query: {},
  },
  presenter: { default: ['id', 'member', 'created_at'] },
  collect: {},
};
