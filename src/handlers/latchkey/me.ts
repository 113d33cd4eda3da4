import type { Call, Context } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import { effective } from '../../core/scopes.ts';
import { changeOwn, changeOwnPassword, type OwnChanges } from '../../core/users/change_own.ts';
import { ownAccount } from '../../core/users/own_account.ts';

/** Changes what is given of whoever asks. */
export async function updateMe(context: Context, { body }: Call<unknown, OwnChanges>) {
  await changeOwn(context, body, getMe);
  return getMe(context);
}

interface Passwords {
  current_password: string;
  new_password: string;
  end_other_sessions?: boolean;
}

/** Gives whoever asks another password. */
export async function changePassword(context: Context, { body }: Call<unknown, Passwords>): Promise<undefined> {
  const { current_password, new_password, end_other_sessions = false } = body;
  await changeOwnPassword(context, current_password, new_password, end_other_sessions);
}

/** Whoever asks, with the credential of this request. Throws `unauthenticated` where nobody does. */
export async function getMe(context: Context) {
  const { uuid, account_id, account_name, role, ...user } = await ownAccount(context);
  const { principal } = context;
  const key = principal.kind === 'user' ? principal.key : undefined;
  const session = principal.kind === 'user' ? (principal.sessionId ?? '') : '';
  return {
    ...user,
    id: idOf('usr', uuid),
    role,
    account: { id: `acc_${account_id}`, name: account_name },
    credential: {
      kind: key ? ('key' as const) : ('session' as const),
      id: key ? idOf('key', key.uuid) : idOf('ses', session),
      scopes: effective(principal),
    },
  };
}
