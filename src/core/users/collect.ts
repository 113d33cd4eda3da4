import type { Collect } from '../endpoint.ts';
import { allRoles, type Permission, permissionOf } from '../roles/index.ts';
import type { UserRow } from './row.ts';

/** A role, as a user holds it. */
export interface HeldRole {
  id: number;
  name: string;
  created_at: string;
  updated_at: string;
  permissions: Permission[];
}

/** What of a user is no column. */
export interface UserExtra {
  owner: boolean;
  permissions: Permission[];
  /** The accesses of the roles, or-ed: 1 owner, 2 admin, 4 editor, 8 viewer. */
  project_access: number;
  /** Mage's bitmask of before roles were rows: always null. */
  roles: null;
  roles_display: string | null;
  roles_new: HeldRole[];
}

const isOwner = ({ role_ids }: UserRow) => role_ids.includes(1);

export const collect: Collect<UserRow, UserExtra> = {
  owner: (_context, rows) => rows.map(isOwner),
  project_access: (_context, rows) =>
    rows.map(({ role_ids }) => role_ids.reduce((bits, id) => bits | (1 << (id - 1)), 0)),
  roles: (_context, rows) => rows.map(() => null),
  roles_display: (_context, rows) => rows.map((row) => (isOwner(row) ? 'Owner' : null)),

  async roles_new(context, rows) {
    const held = (await allRoles(context)).map((role) => {
      const { id, name, created_at, updated_at } = role;
      return { id, name, created_at, updated_at, permissions: [permissionOf(role)] };
    });
    return rows.map(({ role_ids }) => held.filter(({ id }) => role_ids.includes(id)));
  },

  async permissions(context, rows) {
    const roles = await allRoles(context);
    return rows.map(({ role_ids }) => roles.filter(({ id }) => role_ids.includes(id)).map(permissionOf));
  },
};
