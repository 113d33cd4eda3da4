import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { checkPassword, hashPassword, isOutdated } from '../credentials/password_hash.ts';
import { canonicalEmail } from '../names.ts';

/** Somebody whose password was right, and the account that they act in: the first that they belong to. */
export interface SignedIn {
  user_id: number;
  account_id: number;
  /** Of the password that was checked; without it, any will do. */
  password_version?: number;
}

interface Stored extends SignedIn {
  password_hash: string | null;
  password_version: number;
}

/**
 * Checks a password. Unknown user and wrong password: undefined for both, at one cost. Tries are limited by account and
 * address, and each that fails is in the audit log. Throws `too_many`.
 */
export async function checkSignIn(
  context: Context,
  by: 'email' | 'username' | 'email_in_any_case',
  name: string,
  password: string,
): Promise<SignedIn | undefined> {
  const { db, house, asker } = context;
  const column = by === 'username' ? 'users.username' : 'users.email';
  let found: Stored | undefined;
  // Looked up when it is its turn: whoever sends hundreds at once must not fill the database's queue either.
  const held = await house.limits.attempt(name, asker.address, async () => {
    found = await db('users')
      .join('memberships', 'memberships.user_id', 'users.id')
      .whereNull('memberships.disabled_at')
      .modify((query) =>
        by === 'username'
          ? query.where(column, name.normalize('NFC'))
          : // Rows whose spelling clashes with another's are still kept as they came.
            query.whereRaw('lower(??) in (?, lower(?))', [column, canonicalEmail(name), name]),
      )
      // To the letter, as it is kept or as it was typed when it was given.
      .where((query) => {
        if (by !== 'email') return;
        query.where(column, name.normalize('NFC')).orWhere('users.email_typed', name);
      })
      .orderByRaw('?? = ? desc', [column, name])
      .orderBy('memberships.account_id')
      .first('users.id as user_id', 'memberships.account_id', 'users.password_hash', 'users.password_version');
    return checkPassword(password, found?.password_hash);
  });
  if (found && held) {
    await renew(context, found, password);
    const { user_id, account_id, password_version } = found;
    return { user_id, account_id, password_version };
  }
  // What was typed as a name may be a password that slipped into the wrong field: only known names are written down.
  await audit(context, 'sign_in_failed', found ? name : 'somebody unknown', found);
  return undefined;
}

/** Hashes a password anew whose hash was made with less than we ask for now, unless it was changed meanwhile. */
async function renew({ db }: Context, { user_id: id, password_hash }: Stored, password: string): Promise<void> {
  if (password_hash === null || !isOutdated(password_hash)) return;
  await db('users')
    .where({ id, password_hash })
    .update({ password_hash: await hashPassword(password) });
}
