import type { Endpoint } from '../endpoint.ts';
import { collect, type UserExtra } from './collect.ts';
import { policy } from './policy.ts';
import { presenter } from './presenter.ts';
import { resource } from './resource.ts';
import type { UserRow } from './row.ts';

export type { UserExtra } from './collect.ts';
export type { UserRow } from './row.ts';

/** The people of an account, and the roles they hold in it (docs/compat/mage.md: Users). */
export const users: Endpoint<UserRow, UserExtra, unknown, string | undefined> = {
  name: 'users',
  resource,
  policy,
  presenter,
  collect,
};
