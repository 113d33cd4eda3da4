import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { type Role, rolesOf } from '../principal.ts';
import { accountOf } from '../rules.ts';

/** A user, by the name that their pipelines begin with. */
export interface Profile {
  uuid: string;
  username: string;
  created_at: string;
}

/** A user, as they see themselves: with the accounts that they belong to. */
export interface OwnProfile extends Profile {
  email: string;
  first_name: string | null;
  last_name: string | null;
  has_password: boolean;
  accounts: { id: number; name: string; roles: Role[] }[];
}

const name = 'namespace_of(users.username, users.email)';

/** A user of the caller's account. Throws `not_found`. */
export async function profileOf(context: Context, username: string): Promise<Profile> {
  const lower = username.toLowerCase();
  const profile = await context
    .db('users')
    .join('memberships', 'memberships.user_id', 'users.id')
    .where('memberships.account_id', accountOf(context))
    .whereRaw(`(lower(users.username) = ? or ${name} = ?)`, [lower, lower])
    .orderByRaw('lower(users.username) = ? desc nulls last, users.id', [lower])
    .first('users.uuid', 'users.created_at', context.db.raw(`${name} username`));
  if (profile) return profile;
  throw new Failure('not_found', 'User not found', { reason: { missing: 'user' } });
}

/** The caller. Throws `unauthenticated` where nobody is signed in. */
export async function ownProfile({ db, principal }: Context): Promise<OwnProfile> {
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Nobody is signed in.');
  const id = principal.userId;
  const accounts: { id: number; name: string; role_ids: number[] }[] = await db('memberships')
    .join('accounts', 'accounts.id', 'memberships.account_id')
    .where({ user_id: id })
    .orderBy('accounts.id')
    .select('accounts.id', 'accounts.name', 'role_ids');
  const user: Omit<OwnProfile, 'accounts'> = await db('users')
    .where({ id })
    .first(
      ...['uuid', 'email', 'first_name', 'last_name', 'created_at'],
      db.raw(`${name} username, password_hash is not null has_password`),
    );
  return { ...user, accounts: accounts.map(({ role_ids, ...account }) => ({ ...account, roles: rolesOf(role_ids) })) };
}
