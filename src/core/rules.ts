import type { Context } from './context.ts';
import type { Rule } from './policy.ts';
import { atLeast, type Role } from './principal.ts';

// A rule over any row fits every policy: rows are only read by the rules that name their type.
type AnyRule = Rule<never>;

const withRole = (role: Role): AnyRule => ({ scope: 'private', when: ({ principal }) => atLeast(role, principal) });

/** Signed in, with the role or a stronger one. */
export const owner = withRole('owner');
export const admin = withRole('admin');
export const editor = withRole('editor');
export const viewer = withRole('viewer');

/** Signed in, whatever the role. */
export const member: AnyRule = { scope: 'private', when: () => true };

/** Only for those who are not signed in. */
export const signedOut: AnyRule = { scope: 'public', when: () => true };

/** Everybody, signed in or not. */
export const anyone: AnyRule = { scope: 'all', when: () => true };

/** Nobody, ever: a column that is ours. */
export const hidden: AnyRule = { scope: 'private', when: () => false };

/** The same rule for many names. */
export function each<Name extends string, R>(names: readonly Name[], rule: R): Record<Name, R> {
  return Object.fromEntries(names.map((name) => [name, rule])) as Record<Name, R>;
}

/** The account that the call acts in: rows of any other are not there. */
export function accountOf({ principal, house }: Context): number {
  return principal.kind === 'anonymous' ? house.installation.accountId : principal.accountId;
}
