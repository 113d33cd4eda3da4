import type { Context } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import { effective } from '../../core/scopes.ts';
import { ownAccount } from '../../core/users/own_account.ts';

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
