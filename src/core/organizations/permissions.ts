import type { Endpoint } from '../endpoint.ts';
import { atLeast, type Role } from '../principal.ts';
import { each, viewer } from '../rules.ts';
import { scopes } from '../scopes.ts';
import { uuidOfName } from './name_uuid.ts';
import { pageIn } from './organization.ts';

/** Something that may be permitted: a scope of keys. */
export interface Permission {
  id: string;
  name: string;
  description: string;
}

const all = Object.entries(scopes).map(([name, { description, role }]) => ({
  ...{ id: uuidOfName('permission', name), name, description, role },
}));

/** What a role may do at most; what asks for no role is everybody's. */
export function permissionsOf(role: Role): Permission[] {
  const holder = { kind: 'user', userId: 0, accountId: 0, roles: [role] } as const;
  return all.filter((one) => !one.role || atLeast(one.role, holder)).map(({ role: _least, ...shown }) => shown);
}

const shown = ['id', 'name', 'description'] as const;

/** All that may be permitted. */
export const permissions: Endpoint<Permission> = {
  name: 'permissions',
  resource: { list: async (_context, { page }) => pageIn(permissionsOf('owner'), page) },
  policy: { action: { list: viewer }, read: each(shown, viewer), write: {}, query: {} },
  presenter: { default: shown },
  collect: {},
};
