import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { listKeys } from '../api_keys/index.ts';
import type { Call, Context } from '../context.ts';
import type { Role } from '../principal.ts';

/** A user as a surface shows somebody to themselves. */
export interface CurrentUser {
  id: string;
  avatar: string | null;
  name: string;
  email: string;
  company: string;
  invitation_code: string;
  /** The active ones, without what only their holder knows. */
  api_keys: { id: string; name: string; prefix: string; created_at: string }[];
  permissions: Role[];
}

/** The user whose credential was sent. Throws `unauthenticated` where nobody's was. */
export async function currentUser(context: Context): Promise<CurrentUser> {
  const { principal, db } = context;
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Authentication credentials were not provided.');
  const user = (await db('users').where({ id: principal.userId }).first()) as User;
  const keys = (await listKeys(context)).filter(
    ({ revoked_at, expires_at, is_enabled }) =>
      is_enabled && revoked_at === null && (expires_at === null || Date.parse(expires_at) > Date.now()),
  );
  return {
    id: user.uuid,
    avatar: user.avatar,
    name: nameOf(user),
    email: user.email,
    company: '',
    invitation_code: '',
    api_keys: keys.map(({ uuid: id, name, prefix, created_at }) => ({ id, name, prefix, created_at })),
    permissions: [...principal.roles],
  };
}

/** Sets what the caller is called, where that is given. */
export async function renameUser(context: Context, { body }: Call<unknown, { name?: string }>): Promise<CurrentUser> {
  const { principal, db } = context;
  if (principal.kind === 'user' && body.name !== undefined) {
    const changes = { first_name: body.name, last_name: null, updated_at: db.fn.now() };
    await db('users').where({ id: principal.userId }).update(changes);
  }
  return currentUser(context);
}

function nameOf({ first_name, last_name, username, email }: User): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || email;
}
