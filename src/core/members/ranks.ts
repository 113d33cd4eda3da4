import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { atLeast, type Role, roles } from '../principal.ts';

/** A role by its number, as the `roles` table has it: 1 for the strongest. */
export const rankOf = (role: Role) => roles.indexOf(role) + 1;

/** The strongest of some roles; null for none. */
export const strongest = (roleIds: readonly number[]): Role | null => roles[Math.min(...roleIds) - 1] ?? null;

/** Throws `forbidden` for whoever has not this role in the account, or a stronger one. */
export function needRole(role: Role, { principal }: Context): void {
  if (!atLeast(role, principal)) throw new Failure('forbidden', 'You do not have permission to perform this action.');
}

/** Throws `forbidden` where a member has a role above the caller's. */
export function mayTouch({ principal }: Context, roleIds: readonly number[]): void {
  const role = strongest(roleIds);
  if (role !== null && !atLeast(role, principal)) throw new Failure('forbidden', 'Their role is above yours.');
}

/** Throws `forbidden` for a role above the caller's. */
export function mayGive({ principal }: Context, role: Role): void {
  if (!atLeast(role, principal)) throw new Failure('forbidden', 'This role is above yours.');
}
