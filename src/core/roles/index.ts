import type { Role as RoleRow } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { atLeast } from '../principal.ts';
import { each, viewer } from '../rules.ts';

/** What a role permits: one permission over everything, as Mage's default roles have (docs/compat/mage.md: Roles). */
export interface Permission {
  id: number;
  access: number;
  entity: string;
  entity_id: string | null;
  entity_name: string | null;
  entity_type: string | null;
  created_at: string;
  updated_at: string;
}

interface Extra {
  permissions: Permission[];
}

/** The one permission of each of the four roles has the role's own id. */
export function permissionOf({ id, access, created_at, updated_at }: RoleRow): Permission {
  return {
    id,
    access,
    entity: 'global',
    entity_id: null,
    entity_name: null,
    entity_type: null,
    created_at,
    updated_at,
  };
}

/** The four roles, in the order of their strength. */
export function allRoles({ db }: Context): Promise<RoleRow[]> {
  return db('roles').orderBy('id');
}

/** The four fixed roles; nothing about them can be changed. */
export const roles: Endpoint<RoleRow, Extra> = {
  name: 'roles',

  resource: {
    async list(context, { query, page: { limit = 40, offset } }) {
      const rows = (await allRoles(context)).filter(({ id }) => {
        // Who limits the list asks for the roles that it may give to others: admins make no owners and no admins.
        const givable = !query.limit_roles || atLeast('owner', context.principal) || id > 2;
        return givable && (query.entity === undefined || query.entity === 'global');
      });
      return { rows: rows.slice(offset, offset + limit), count: rows.length, limit, offset };
    },

    async member({ db }, { id }) {
      const role = await db('roles')
        .whereRaw('id::text = ?', [id ?? ''])
        .first();
      if (!role) throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
      return role;
    },
  },

  policy: {
    action: { list: viewer, detail: viewer },
    read: each(['id', 'name', 'access', 'permissions', 'created_at', 'updated_at'], viewer),
    write: {},
    query: each(['limit_roles', 'entity', 'entity_ids[]'], { list: viewer }),
  },

  presenter: { default: ['created_at', 'id', 'name', 'permissions', 'updated_at'] },

  collect: { permissions: (_context, rows) => rows.map((row) => [permissionOf(row)]) },
};
