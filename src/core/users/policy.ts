import type { Context } from '../context.ts';
import type { Policy, Rule } from '../policy.ts';
import { atLeast } from '../principal.ts';
import { admin, anyone, each, hidden, owner } from '../rules.ts';
import type { UserExtra } from './collect.ts';
import { whole } from './presenter.ts';
import type { UserRow } from './row.ts';

const isSelf = ({ principal }: Context, user: UserRow | undefined) =>
  principal.kind === 'user' && principal.userId === user?.id;

/** The user itself, admins and owners. */
const selfOrAdmin: Rule<UserRow> = {
  scope: 'private',
  when: (context, user) => isSelf(context, user) || atLeast('admin', context.principal),
};

/** As above, but an admin leaves an owner's account alone: whoever holds the e-mail address holds the account. */
const selfOrStronger: Rule<UserRow> = {
  scope: 'private',
  when: (context, user) =>
    isSelf(context, user) ||
    atLeast('owner', context.principal) ||
    (atLeast('admin', context.principal) && !user?.role_ids.includes(1)),
};

const own = ['avatar', 'email', 'first_name', 'last_name', 'password', 'password_confirmation', 'username'] as const;

export const policy: Policy<UserRow, UserExtra> = {
  action: { list: admin, detail: selfOrAdmin, create: owner, update: selfOrAdmin, delete: owner },
  read: {
    // Whoever may list or open a user may see it; the actions' rules decide that.
    ...each(whole, anyone),
    ...each(
      ['password_hash', 'password_version', 'role_ids', 'uuid', 'email_typed', 'last_sign_in_at', 'user_metadata'],
      hidden,
    ),
  },
  write: {
    ...each(own, { create: owner, update: selfOrStronger }),
    password_current: { update: selfOrStronger },
    ...each(['role_ids', 'roles', 'roles_new'], { create: owner, update: admin }),
    owner: { update: owner },
  },
  query: {},
};
