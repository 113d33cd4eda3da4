import type { DeviceLogin } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { networkOf } from '../ip_network.ts';
import { shownCode, typedCode, userHash } from './device_codes.ts';
import { needFresh } from './fresh.ts';

/** A program that asks to be let in, for whoever it asks. */
export interface Asking extends DeviceLogin {
  /** Its code as it shows it. */
  code: string;
  isFromHere: boolean;
}

/**
 * The program of a code. Of those that were answered, only whoever has answered sees any. Codes that are not there count
 * against the user as wrong passwords do. Throws `not_found`, `too_many`.
 */
export async function askingDevice({ db, house, principal, asker }: Context, text: string): Promise<Asking> {
  const userId = principal.kind === 'user' ? principal.userId : 0;
  const code = typedCode(text);
  let found: DeviceLogin | undefined;
  const check = async () => {
    found =
      code === undefined
        ? undefined
        : await db('device_logins')
            .where({ user_hash: userHash(house, code) })
            .where('expires_at', '>', db.fn.now())
            .where((one) => one.where({ state: 'waiting' }).orWhere({ user_id: userId }))
            .first();
    return found !== undefined;
  };
  await house.limits.attempt(`device ${userId}`, asker.address, check);
  if (!found || code === undefined) throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
  return { ...found, code: shownCode(code), isFromHere: isSameNetwork(found.address, asker.address) };
}

const isSameNetwork = (one: string | null, other: string) => one !== null && networkOf(one) === networkOf(other);

/** Lets a program in, as whoever asks. Throws as `askingDevice` does, `forbidden` (`reauthenticate`), and `conflict`. */
export async function allowDevice(context: Context, text: string): Promise<Asking> {
  needFresh(context);
  return answerDevice(context, text, 'allowed');
}

/** Turns a program away. Throws as `askingDevice` does, and `conflict` where it was answered already. */
export function refuseDevice(context: Context, text: string): Promise<Asking> {
  return answerDevice(context, text, 'refused');
}

async function answerDevice(context: Context, text: string, state: 'allowed' | 'refused'): Promise<Asking> {
  const asking = await askingDevice(context, text);
  const { principal } = context;
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Nobody is signed in.');
  const { userId: user_id, accountId: account_id } = principal;
  return context.db.transaction(async (db) => {
    // The row first, as a new password does: what it ends, it finds.
    const user = await db('users').where({ id: user_id }).forNoKeyUpdate().first('password_version');
    const password_version = user?.password_version ?? null;
    const [answered] = await db('device_logins')
      .where({ id: asking.id, state: 'waiting' })
      .where('expires_at', '>', db.fn.now())
      .update({ state, user_id, account_id, password_version })
      .returning('*');
    if (!answered) throw new Failure('conflict', 'This was answered already.');
    const { name, address } = asking;
    await audit({ ...context, db }, `device_${state}`, asking.id, undefined, { name, address });
    return { ...asking, ...answered };
  });
}
