import type { Call, Context } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import { type Member, memberById, pageOfMembers } from '../../core/members/managed_members.ts';
import { changeMember, removeMember } from '../../core/members/member_changes.ts';
import { strongest } from '../../core/members/ranks.ts';
import { type Role, roles } from '../../core/principal.ts';

function shown({ uuid, name, email, username, role_ids, disabled_at, keys, created_at, last_sign_in_at }: Member) {
  const [role, enabled] = [strongest(role_ids), disabled_at === null];
  return {
    id: idOf('usr', uuid),
    name,
    email,
    username,
    role,
    enabled,
    keys: Number(keys),
    created_at,
    last_sign_in_at,
  };
}

/** What each role permits, in a few words. */
const words: Record<Role, string> = {
  owner: 'Everything, and the people too.',
  admin: 'Everything but what is an owner’s; invites people, up to admins.',
  editor: 'Makes, changes, runs and deletes pipelines.',
  viewer: 'Looks at pipelines and runs, and sends files.',
};

/** The people of the account. */
export const memberHandlers = {
  async listMembers(context: Context, { query, page: { limit = 20, cursor } }: Call<{ query?: string }, unknown>) {
    const page = await pageOfMembers(context, query.query, { limit, cursor });
    return { ...page, rows: page.rows.map(shown) };
  },
  getMember: async (context: Context, { id = '' }: Call<unknown, unknown>) => shown(await memberById(context, id)),
  updateMember: async (context: Context, { id = '', body }: Call<unknown, { role?: Role; enabled?: boolean }>) =>
    shown(await changeMember(context, id, body, shown)),
  async removeMember(context: Context, { id = '' }: Call<unknown, unknown>): Promise<undefined> {
    await removeMember(context, id, shown);
  },
  async listRoles() {
    const rows = roles.map((role) => ({ role, description: words[role] }));
    return { rows, count: rows.length, next: null, previous: null };
  },
};
