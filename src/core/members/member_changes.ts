import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { Role } from '../principal.ts';
import { accountOf } from '../rules.ts';
import { leave } from '../users/leave.ts';
import { type Member, memberById } from './managed_members.ts';
import { isLastOwner } from './owners.ts';
import { mayGive, mayTouch, needRole, rankOf } from './ranks.ts';

const lastOwner = () => new Failure('conflict', 'The last owner of an account stays its owner.');

/** A member whose row is held until the transaction ends. Throws `forbidden`, `not_found`, `stale`. */
async function held(context: Context, id: string, shown: (member: Member) => unknown) {
  needRole('admin', context);
  const { user_id } = await memberById(context, id);
  const isLast = await isLastOwner(context, user_id);
  const member = await memberById(context, id);
  mayTouch(context, member.role_ids);
  await context.precondition?.(shown(member));
  return { member, isLast };
}

/**
 * Changes a member's role, or switches them off: their keys and sessions in the account are refused from then on, and hold
 * again when they are switched on. `shown`: what a precondition is asked of. Throws `forbidden` for a role above the caller's,
 * `conflict` for the last owner, `not_found`, `stale`.
 */
export async function changeMember(
  context: Context,
  id: string,
  { role, enabled }: { role?: Role; enabled?: boolean },
  shown: (member: Member) => unknown,
): Promise<Member> {
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const { member, isLast } = await held(within, id, shown);
    if (role !== undefined) mayGive(context, role);
    if (isLast && ((role ?? 'owner') !== 'owner' || enabled === false)) throw lastOwner();
    const roleIds = role === undefined ? undefined : [rankOf(role)];
    const isNews = enabled !== undefined && enabled !== (member.disabled_at === null);
    if (roleIds || isNews)
      await db('memberships')
        .where({ account_id: accountOf(context), user_id: member.user_id })
        .update({
          ...(roleIds && { role_ids: roleIds }),
          ...(isNews && { disabled_at: enabled ? null : (db.fn.now() as unknown as string) }),
        });
    if (roleIds && roleIds.join() !== member.role_ids.join())
      await audit(within, 'roles_changed', member.uuid, undefined, { from: member.role_ids, to: roleIds });
    if (isNews) await audit(within, enabled ? 'member_enabled' : 'member_disabled', member.uuid);
    return memberById(within, id);
  });
}

/** Takes a member out of the account, with all that acts in it for them. Throws as `changeMember` does. */
export async function removeMember(context: Context, id: string, shown: (member: Member) => unknown): Promise<void> {
  await context.db.transaction(async (db) => {
    const within = { ...context, db };
    const { member, isLast } = await held(within, id, shown);
    if (isLast) throw lastOwner();
    await leave(within, { ...member, id: member.user_id });
  });
}
