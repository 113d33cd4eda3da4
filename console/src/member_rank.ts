import type { Me, Member } from './api.ts';

export type Role = NonNullable<Me['role']>;

/** From the one that may do everything to the one that may only look. */
export const roles: Role[] = ['owner', 'admin', 'editor', 'viewer'];

const rank = (role: Me['role']) => (role === null ? -1 : roles.indexOf(role));

/** What somebody may give: nothing above their own. */
export const given = (me: Me) => roles.filter((role) => rank(me.role) >= 0 && rank(role) >= rank(me.role));

/** Whether somebody may change members at all. */
export const manages = (me: Me | null | undefined): me is Me => me?.role === 'owner' || me?.role === 'admin';

/** Whether somebody may change this member: nobody above themselves, and not themselves. */
export const mayChange = (me: Me | null | undefined, member: Member) =>
  manages(me) && member.id !== me.id && (rank(member.role) < 0 || rank(member.role) >= rank(me.role));
