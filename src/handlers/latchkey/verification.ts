import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import type { User } from '../../core/credentials/holder.ts';
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
  const missing = missingOf(held, query.scope ?? '');
  if (missing !== undefined) throw lacks(missing);
  return passed(principal, principal.userUuid ?? (await ownAccount(context)).uuid, held);
}

/** The first of some scopes, with spaces between them, that is not held. */
export function missingOf(held: readonly string[], scopes: string): string | undefined {
  return scopes.split(/ +/).find((scope) => scope !== '' && !covers(held, scope));
}

/** What a proxy is told of whoever it may let through. */
export function passed({ accountId, key }: User, userUuid: string, held: string[]): Headed {
  const its = { user: idOf('usr', userUuid), account: `acc_${accountId}`, key: key ? idOf('key', key.uuid) : null };
  return new Headed(
    { ...its, scopes: held },
    {
      'X-Latchkey-User': its.user,
      'X-Latchkey-Account': its.account,
      'X-Latchkey-Key': its.key ?? '',
      'X-Latchkey-Scopes': held.join(' '),
    },
  );
}
