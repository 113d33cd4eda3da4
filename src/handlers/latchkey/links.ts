import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { isEmail } from '../../core/email.ts';
import { idOf } from '../../core/ids.ts';
import { strongest } from '../../core/members/ranks.ts';
import { endInvitation, type Invitation, invite, pageOfInvitations } from '../../core/one_time_links/invitations.ts';
import { heldLink, type Redeeming, redeem } from '../../core/one_time_links/redeem.ts';
import { askForReset, resetMember } from '../../core/one_time_links/resets.ts';
import type { Role } from '../../core/principal.ts';

const roleOf = (id: number | null) => (id === null ? null : strongest([id]));

function shown({ id, email, role_id, created_at, expires_at, by_uuid, by_name }: Invitation) {
  const invited_by = { id: idOf('usr', by_uuid), name: by_name };
  return { id: idOf('inv', id), email, role: roleOf(role_id) as Role, invited_by, created_at, expires_at };
}

/** One-time links: invitations, resets of passwords, and their use. */
export const linkHandlers = {
  async listInvitations(context: Context, { page: { limit = 20, cursor } }: Call<unknown, unknown>) {
    const page = await pageOfInvitations(context, { limit, cursor });
    return { ...page, rows: page.rows.map(shown) };
  },

  async inviteMember(context: Context, { body }: Call<unknown, { email: string; role: Role }>) {
    const { made, mailed, url } = await invite(context, body.email, body.role);
    return { ...shown(made), mailed, url };
  },

  async endInvitation(context: Context, { id = '' }: Call<unknown, unknown>): Promise<undefined> {
    await endInvitation(context, id);
  },

  async requestPasswordReset(context: Context, { body }: Call<unknown, { email: string }>) {
    if (!isEmail(body.email)) {
      const sentence = 'This is no e-mail address.';
      throw new Failure('invalid', sentence, { fields: { email: [sentence] } });
    }
    await askForReset(context, body.email);
    return { detail: 'If somebody has this address, a link is on its way to it.' };
  },

  async resetMemberPassword(context: Context, { id = '' }: Call<unknown, unknown>) {
    const { link, mailed, url } = await resetMember(context, id);
    return { expires_at: link.expires_at, mailed, url };
  },

  async inspectLink(context: Context, { body }: Call<unknown, { code: string }>) {
    const { kind, email, account_name, role_id, expires_at } = await heldLink(context, body.code);
    return { kind, email, account: account_name, role: roleOf(role_id), expires_at };
  },

  async redeemLink(context: Context, { body }: Call<unknown, Redeeming>) {
    const { kind, email } = await redeem(context, body);
    return { kind, email };
  },
};
