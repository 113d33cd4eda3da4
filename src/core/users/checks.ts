import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { checkPassword } from '../credentials/password_hash.ts';
import { weaknessOf } from '../credentials/strength.ts';
import { isLastOwner } from '../members/owners.ts';
import { atLeast } from '../principal.ts';
import type { UserBody, UserRow } from './row.ts';

const OWNER = 1;
const ADMIN = 2;

/** A sentence of docs/compat/mage.md: Mistakes in a new user, Who gives which role. */
export function invalid(sentence: string): Failure {
  return new Failure('invalid', sentence);
}

/** The ids, if all are roles. Throws `invalid`. */
export function checkRoles(ids: readonly number[]): number[] {
  const unknown = ids.filter((id) => ![1, 2, 3, 4].includes(id));
  if (unknown.length > 0) throw invalid(`Roles with ids: [${unknown.join(', ')}] do not exist`);
  return [...new Set(ids)].sort();
}

/** What is wrong with a new password, by the one rule for them: `user` is whose it is, or becomes. */
export function passwordFault({ house }: Context, body: UserBody, user?: UserRow): string | undefined {
  const about = [body.email, body.username, user?.email, user?.username];
  return weaknessOf(body.password ?? '', house.config.passwordLength, about)?.sentence;
}

/** A new password is a good one, and typed twice alike. Throws `invalid`. */
export function checkPasswords(context: Context, body: UserBody, user?: UserRow): void {
  const { password, password_confirmation } = body;
  const fault = passwordFault(context, body, user);
  if (fault) throw invalid(fault);
  if (password !== password_confirmation) throw invalid('Password and password confirmation do not match.');
}

/**
 * Where nobody has to sign in, whoever reaches the port is nobody: what decides who gets in later is changed by
 * somebody. Throws `forbidden` for a role that is given or taken, and for a user's password.
 */
export function checkSomebody({ principal }: Context, user: UserRow | undefined, body: UserBody): void {
  const roleIds = body.role_ids ?? body.roles_new ?? [];
  const decides = user ? (body.role_ids ?? body.roles_new ?? body.password) !== undefined : roleIds.length > 0;
  if (principal.kind !== 'open' || !decides) return;
  throw new Failure('forbidden', 'Passwords and roles are changed by somebody who is signed in, and nobody is here.');
}

/**
 * Changing a password takes the current one, except where an owner changes somebody else's. Wrong ones count as those
 * of signing in do. Throws `invalid`, and `too_many`.
 */
export async function checkCurrentPassword(context: Context, user: UserRow, current: string | undefined) {
  const { principal, house, asker } = context;
  const self = principal.kind === 'user' && principal.userId === user.id;
  if (atLeast('owner', principal) && !self) return;
  const check = () => checkPassword(current ?? '', user.password_hash);
  if (await house.limits.attempt(user.email, asker.address, check)) return;
  throw invalid('Current password is incorrect.');
}

/**
 * Who may give which roles to whom (docs/compat/mage.md: Who gives which role): admins neither touch owners nor make
 * any, and of admins only themselves. An account keeps an owner, whoever asks. Throws `invalid`.
 */
export async function checkRolesChange(context: Context, user: UserRow, wanted: readonly number[]): Promise<void> {
  const { principal } = context;
  if (principal.kind === 'user' && !atLeast('owner', principal)) {
    const self = principal.userId === user.id;
    if (user.role_ids.includes(OWNER)) throw invalid('Admins cannot update users who are Owners.');
    if (user.role_ids.includes(ADMIN) && !self) throw invalid('Admins cannot update users who are Admins.');
    if (wanted.includes(ADMIN) && !self) throw invalid('Admins cannot make other users Admins.');
    if (wanted.includes(OWNER)) throw invalid('Admins cannot make other users Owners.');
  }
  if (!user.role_ids.includes(OWNER) || wanted.includes(OWNER)) return;
  if (await isLastOwner(context, user.id)) throw invalid('The last owner of an account cannot be removed.');
}

/**
 * What somebody signs in with opens every account that they belong to: where there is another one, they alone change
 * it. Throws `invalid`.
 */
export async function checkShared({ db, principal }: Context, user: UserRow, body: UserBody): Promise<void> {
  const self = principal.kind === 'user' && principal.userId === user.id;
  const changed = (['email', 'username', 'password'] as const).filter((name) => body[name] !== undefined);
  if (self || changed.length === 0) return;
  const [row] = await db('memberships').where('user_id', user.id).count({ count: '*' });
  if (Number(row?.count) > 1) throw invalid(`Only the user can change this: ${changed.join(', ')}.`);
}
