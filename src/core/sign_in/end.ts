import type { Context } from '../context.ts';

interface Which {
  /** Only what acts in this account; without it, in all. */
  accountId?: number;
  /** The session or the Mage token that carries this very call goes on, where it is the user's own. */
  keepOwn?: boolean;
  /** API keys end too. They are no sign-in: a password did not open them, and a new one does not close them. */
  keys?: boolean;
}

/**
 * Ends what a password opened: sessions with their refresh tokens, those of command lines that were let in and have not asked yet, and
 * Mage's OAuth tokens. The one place that does, for a
 * new password, for signing out everywhere, and for leaving an account. They are refused from the commit on.
 */
export async function endSignIns(
  { db, principal }: Pick<Context, 'db' | 'principal'>,
  userId: number,
  which: Which = {},
): Promise<number> {
  const { accountId: account_id, keepOwn = false, keys = false } = which;
  const whose = { user_id: userId, ...(account_id !== undefined && { account_id }) };
  const own = keepOwn && principal.kind === 'user' && principal.userId === userId ? principal : undefined;

  const sessions = db('sessions').where(whose).whereNull('ended_at');
  if (own?.sessionId) sessions.whereNot('id', own.sessionId);
  const ended = await sessions.update({ ended_at: db.fn.now() });

  await db('device_logins')
    .where({ ...whose, state: 'allowed' })
    .delete();

  const tokens = db('oauth_tokens').where(whose).where('expires', '>', db.fn.now());
  if (own?.token) tokens.whereNot('id', own.token.id);
  await tokens.update({ expires: db.fn.now() });

  if (keys) await db('api_keys').where(whose).delete();
  return ended;
}
