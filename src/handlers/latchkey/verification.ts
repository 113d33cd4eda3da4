import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { introspected } from '../../core/credentials/introspect.ts';
import { type Question, verdictOf } from '../../core/credentials/verdict.ts';
import { idOf } from '../../core/ids.ts';
import { covers, effective, lacks } from '../../core/scopes.ts';
import { ownAccount } from '../../core/users/own_account.ts';
import { Headed } from '../../wire/headed.ts';

/** Whether a key is good, and if not, why. */
export function verifyKey(context: Context, { body }: Call<unknown, Question>) {
  return verdictOf(context, body);
}

/** The same as RFC 7662 has it. */
export function introspectToken(context: Context, { body }: Call<unknown, { token: string }>) {
  return introspected(context, body.token);
}

/** Lets a request of a proxy's client through, with who it is in headers. Throws `forbidden` with the scope that is missing. */
export async function forwardAuth(context: Context, { query }: Call<{ scope?: string }, unknown>) {
  const { principal } = context;
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Nobody is signed in.');
  const held = effective(principal);
  const missing = (query.scope ?? '').split(/ +/).find((scope) => scope !== '' && !covers(held, scope));
  if (missing !== undefined) throw lacks(missing);
  const user = idOf('usr', principal.userUuid ?? (await ownAccount(context)).uuid);
  const account = `acc_${principal.accountId}`;
  const key = principal.key ? idOf('key', principal.key.uuid) : null;
  return new Headed(
    { user, account, key, scopes: held },
    {
      'X-Latchkey-User': user,
      'X-Latchkey-Account': account,
      'X-Latchkey-Key': key ?? '',
      'X-Latchkey-Scopes': held.join(' '),
    },
  );
}
