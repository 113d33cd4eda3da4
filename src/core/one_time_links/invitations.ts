import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { isMailable } from '../email.ts';
import { uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { mayGive, needRole, rankOf } from '../members/ranks.ts';
import { canonicalEmail, identifierFault } from '../names.ts';
import type { Role } from '../principal.ts';
import { accountOf } from '../rules.ts';
import { type Offered, offer } from './offer.ts';
import { holding } from './one_time_link.ts';

/** An invitation that was not taken up yet, with who made it. */
export interface Invitation {
  id: string;
  email: string;
  role_id: number;
  created_at: string;
  expires_at: string;
  by_uuid: string;
  by_name: string;
}

function open(context: Context) {
  return holding(context.db)
    .join('users as by', 'by.id', 'l.made_by')
    .where({ 'l.account_id': accountOf(context), 'l.kind': 'invitation' })
    .select('by.uuid as by_uuid', context.db.raw('coalesce(by.username, by.email) as by_name'));
}

/** The invitations of the account, the newest first. Throws `forbidden`. */
export async function pageOfInvitations(
  context: Context,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<Invitation>> {
  needRole('admin', context);
  const by = [
    ['l.created_at', 'timestamptz'],
    ['l.id', 'uuid'],
  ] as const;
  const asked = { ...page, list: 'invitations', by, descending: true };
  return keysetPage<Invitation>(context.house, open(context), asked);
}

/**
 * Invites an address into the account, in a role that is none above the caller's. Throws `forbidden`, `invalid`, and `conflict`
 * where it is a member's.
 */
export async function invite(context: Context, address: string, role: Role): Promise<Offered & { made: Invitation }> {
  needRole('admin', context);
  mayGive(context, role);
  if (!isMailable(address)) {
    const sentence = identifierFault(address) ?? 'This is no e-mail address.';
    throw new Failure('invalid', sentence, { fields: { email: [sentence] } });
  }
  const email = canonicalEmail(address);
  const account_id = accountOf(context);
  const { principal } = context;
  const made_by = principal.kind === 'user' ? principal.userId : null;
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const member = await db('users as u')
      .join('memberships as m', 'm.user_id', 'u.id')
      .where('m.account_id', account_id)
      .whereRaw('lower(u.email) = ?', [email])
      .first('u.id');
    if (member) throw new Failure('conflict', 'Somebody with this address is a member.');
    const role_id = rankOf(role);
    const offered = await offer(within, { kind: 'invitation', account_id, email, role_id, made_by });
    const made = (await open(within).where('l.id', offered.link.id).first()) as Invitation;
    await audit(within, 'member_invited', made.id, undefined, { email, role });
    return { ...offered, made };
  });
}

/** Takes an invitation back: its link opens nothing any more. Throws `forbidden`, `not_found`. */
export async function endInvitation(context: Context, id: string): Promise<void> {
  needRole('admin', context);
  const uuid = uuidOf('inv', id);
  await context.db.transaction(async (db) => {
    const within = { ...context, db };
    const found = uuid && ((await open(within).where('l.id', uuid).first()) as Invitation | undefined);
    if (!found) throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
    await db('one_time_links').where({ id: found.id }).delete();
    await audit(within, 'invitation_ended', found.id, undefined, { email: found.email });
  });
}
