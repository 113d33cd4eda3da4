import type { components } from '../../../generated/mystic.ts';
import type { Call, Context } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import type { Role } from '../../core/principal.ts';
import { ownProfile, type Profile, profileOf } from '../../core/users/profile.ts';
import { epoch } from './shown.ts';

type Schemas = components['schemas'];

/** Mystic's word for a role (docs/compat/mystic.md: Roles in a team). */
const roleName = (role: Role) => (role === 'editor' ? 'developer' : role);

function known({ uuid, username }: Profile) {
  return { id: idOf('user', uuid), username };
}

export async function getUser(context: Context, { id }: Call<unknown, unknown>): Promise<Schemas['UserPublicGet']> {
  const profile = await profileOf(context, id ?? '');
  return { ...known(profile), created_at: epoch(profile.created_at) };
}

export async function getMe(context: Context): Promise<Schemas['UserGet']> {
  const { principal } = context;
  const profile = await ownProfile(context);
  const { email, has_password, first_name, last_name, accounts } = profile;
  const user = principal.kind === 'user' ? principal : undefined;
  return {
    ...known(profile),
    email,
    has_password,
    firstname: first_name,
    lastname: last_name,
    roles: (user?.roles ?? []).map(roleName),
    teams: accounts.map(({ id, name, roles: [role = 'viewer'] }) => ({
      id: `team_${id}`,
      name,
      role: roleName(role),
      account_tier: 'BYOC',
    })),
    selected_team: `team_${user?.accountId}`,
  };
}
