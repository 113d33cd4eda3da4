import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Role } from '../principal.ts';

/** The caller, and the account that they act in. */
export interface OwnAccount {
  uuid: string;
  email: string;
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  created_at: string;
  last_sign_in_at: string | null;
  account_id: number;
  account_name: string;
  role: Role | null;
}

/** Throws `unauthenticated` where nobody is signed in. */
export async function ownAccount({ db, principal }: Context): Promise<OwnAccount> {
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Nobody is signed in.');
  const user = await db('users')
    .joinRaw('join accounts on accounts.id = ?', [principal.accountId])
    .where('users.id', principal.userId)
    .first(
      ...['users.uuid', 'email', 'username', 'first_name', 'last_name', 'users.created_at', 'last_sign_in_at'],
      'accounts.id as account_id',
      'accounts.name as account_name',
    );
  return { ...user, role: principal.roles[0] ?? null };
}
