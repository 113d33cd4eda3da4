import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import type { House } from '../house.ts';
import { isMailing, queueMail } from '../mail/queue.ts';
import { memberById } from '../members/managed_members.ts';
import { mayTouch, needRole } from '../members/ranks.ts';
import { canonicalEmail } from '../names.ts';
import { accountOf } from '../rules.ts';
import { type Offered, offer } from './offer.ts';
import { makeLink } from './one_time_link.ts';

/**
 * Hears that somebody has lost the password of an address. All that is done here is done for every address alike: whether
 * anybody has it is looked up when the mail leaves. Asking is limited as a wrong password is. Throws `too_many`.
 */
export async function askForReset(context: Context, email: string): Promise<void> {
  const { house, db, asker } = context;
  const who = digest(canonicalEmail(email)).toString('base64url');
  await house.limits.attempt(`reset ${who}`, asker.address, async () => false);
  await queueMail({ db, house }, { letter: 'reset', email: canonicalEmail(email) }, `reset ${who}`);
}

/** The link that is mailed to an address somebody asked for; undefined where nobody has it who may come in. */
export async function resetLinkFor({ db }: Pick<House, 'db'>, email: string) {
  const user = await db('users as u')
    .join('memberships as m', 'm.user_id', 'u.id')
    .whereNull('m.disabled_at')
    .whereRaw('lower(u.email) = ?', [email])
    .orderBy('m.account_id')
    .first('u.id', 'u.email', 'm.account_id');
  if (!user) return undefined;
  const { id: user_id, account_id } = user as { id: number; account_id: number };
  return makeLink(db, { kind: 'password_reset', account_id, user_id, email: user.email as string, made_by: null });
}

/**
 * Makes a link with which a member, whose role is none above the caller's, chooses another password. Throws `forbidden`,
 * `not_found`, and `conflict` for somebody of other accounts too, where it would not be mailed to them alone.
 */
export async function resetMember(context: Context, id: string): Promise<Offered> {
  needRole('admin', context);
  const { principal } = context;
  const made_by = principal.kind === 'user' ? principal.userId : null;
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const member = await memberById(within, id);
    mayTouch(context, member.role_ids);
    const { user_id, email } = member;
    const [elsewhere] = await db('memberships')
      .where({ user_id })
      .whereNot({ account_id: accountOf(context) })
      .limit(1);
    if (elsewhere && !isMailing(context.house))
      throw new Failure('conflict', 'They belong to another account as well: only they can have their password reset.');
    const offered = await offer(within, {
      kind: 'password_reset',
      account_id: accountOf(context),
      user_id,
      email,
      made_by,
    });
    await audit(within, 'reset_offered', member.uuid);
    return offered;
  });
}
