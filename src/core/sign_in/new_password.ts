import type { Knex } from 'knex';
import type { Config } from '../../config.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { Installation } from '../installation/index.ts';
import { forgetWelcome } from '../installation/welcome_file.ts';
import { queueMail } from '../mail/queue.ts';
import type { SignedIn } from './by_password.ts';
import { endSignIns } from './end.ts';

/** As much of a context as a new password takes. `db` is a transaction. */
interface Changing extends Pick<Context, 'db' | 'principal' | 'asker'> {
  house: {
    config: Pick<Config, 'data' | 'smtpUrl' | 'publicUrl'>;
    installation: Pick<Installation, 'ownerId' | 'seal'>;
  };
}

/**
 * Gives a user another password, in the caller's transaction: whatever the old one opened ends with it, but for the session
 * that the user asks with; with `endOthers: false`, as users may want it of their own, that goes on. So do links with which
 * they would choose one. Written in the audit log. API keys go on. `whose`: of a user who has not asked for it themselves.
 */
export async function setPassword(
  context: Changing,
  user: { id: number; uuid: string },
  hash: string,
  { whose, endOthers = true }: { whose?: { user_id: number; account_id: number | null }; endOthers?: boolean } = {},
): Promise<void> {
  const { db, house } = context;
  const version = db.raw('password_version + 1') as unknown as number;
  // The row first: a sign-in that holds it is over before what it opened is looked for.
  await db('users').where({ id: user.id }).update({ password_hash: hash, password_version: version });
  await db('one_time_links').where({ user_id: user.id }).delete();
  if (endOthers) await endSignIns(context, user.id, { keepOwn: true });
  await audit(context, whose ? 'password_reset' : 'password_changed', user.uuid, whose);
  await queueMail(context, { letter: 'password_changed', user_id: user.id, at: new Date().toISOString() });
  if (user.id !== house.installation.ownerId) return;
  // Not before it is certain: rolled back, the link in the file still opens.
  const committed = (db as Knex.Transaction).executionPromise;
  committed?.then(
    () => forgetWelcome(house.config),
    () => {},
  );
}

/**
 * Holds the user's row until the transaction ends, if the password that was checked is still theirs: a new password and a
 * sign-in with the old one, at once, leave nothing open. Throws `conflict`.
 */
export async function holdSignedIn(db: Knex, { user_id: id, password_version }: SignedIn): Promise<void> {
  const same = { id, ...(password_version !== undefined && { password_version }) };
  const held = await db('users').where(same).forNoKeyUpdate().first('id');
  if (!held) throw new Failure('conflict', 'The password has just been changed. Sign in again.');
}
