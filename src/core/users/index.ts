import type { Endpoint } from '../../endpoint.ts';
import { collect, type UserExtra } from './collect.ts';
import { policy } from './policy.ts';
import { presenter } from './presenter.ts';
import { resource, type UserRow } from './resource.ts';

export type { UserExtra } from './collect.ts';
export type { UserRow } from './resource.ts';

/** The people of an account, and the roles they hold in it (wire/mage.md §4). */
export const users: Endpoint<UserRow, UserExtra, unknown, string | undefined> = {
  name: 'users',
  resource,
  policy,
  presenter,
  collect,
};
