import type { ApiKey } from '../../../generated/tables.ts';
import { formOf } from '../api_keys/form.ts';
import { news } from '../api_keys/index.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import type { KeyHolder } from '../credentials/holder.ts';
import { findKey, keyPrincipal } from '../credentials/verify_key.ts';
import { queueMail } from '../mail/queue.ts';
import { emit } from '../webhooks/emit.ts';

/** Where a key was found, and who says so. */
export interface Found {
  by: 'github' | 'anybody';
  url?: string | null | undefined;
  source?: string | null | undefined;
}

/** What became of a credential that was found. */
export interface Heard {
  /** Whether it is one of ours at all, whatever has become of it. */
  isOurs: boolean;
  /** What was done; null where it did not work any more. */
  action: 'revoked' | 'flagged' | null;
}

/**
 * A credential was found where it should not be: a key that still works is revoked, or flagged by `LATCHKEY_LEAKED_KEYS`, a
 * command line's session is ended, and its user is told in the log, by webhook and by mail. It is believed to whoever has it.
 */
export async function reportLeak(context: Context, secret: string, found: Found): Promise<Heard> {
  if (formOf(secret) === 'session') return endSession(context, secret, found);
  const holder = await findKey(context.house, secret);
  if (!holder) return { isOurs: false, action: null };
  if (holder.dead && holder.state !== 'disabled') return { isOurs: true, action: null };
  const action = context.house.config.leakedKeys === 'flag' ? ('flagged' as const) : ('revoked' as const);
  await context.db.transaction(async (db) => {
    const within = { ...context, db, principal: keyPrincipal(holder) };
    const key = await marked(within, holder, action);
    if (!key) return;
    await noteFound({ ...context, db }, holder, secret, key.uuid, { ...found, action });
    if (action === 'revoked') await audit({ ...context, db }, 'key_revoked', key.uuid, holder);
    await emit(within, 'key.leaked', news(key));
    const { user_id, name } = key;
    await queueMail(within, { letter: 'key_leaked', user_id, name, action, at: new Date().toISOString() });
    if (action === 'revoked') await emit(within, 'key.revoked', news(key));
  });
  return { isOurs: true, action };
}

/** The row, as this report has changed it; undefined where another one has. */
async function marked({ db }: Context, { id }: KeyHolder, action: 'revoked' | 'flagged'): Promise<ApiKey | undefined> {
  const now = db.fn.now() as unknown as string;
  const key = db('api_keys').where({ id });
  const isNew = action === 'revoked' ? '(revoked_at is null or revoked_at > now())' : 'leaked_at is null';
  const ends = action === 'revoked' ? { revoked_at: now } : {};
  const [row] = await key
    .whereRaw(isNew)
    .update({ leaked_at: now, updated_at: now, ...ends })
    .returning('*');
  return row;
}

async function endSession(context: Context, secret: string, found: Found): Promise<Heard> {
  const cli_token_hash = digest(secret);
  return context.db.transaction(async (db) => {
    const [ended] = await db('sessions')
      .where({ cli_token_hash, ended_at: null })
      .update({ ended_at: db.fn.now() as unknown as string })
      .returning(['id', 'user_id', 'account_id']);
    if (!ended)
      return { isOurs: (await db('sessions').where({ cli_token_hash }).first('id')) !== undefined, action: null };
    await noteFound({ ...context, db }, ended, secret, ended.id, { ...found, action: 'revoked' });
    await audit({ ...context, db }, 'signed_out', ended.id, ended);
    return { isOurs: true, action: 'revoked' };
  });
}

/** An address may have the secret in it. */
function noteFound(
  context: Context,
  { user_id, account_id }: { user_id: number; account_id: number },
  secret: string,
  subject: string,
  { url, ...details }: Found & { action: string },
): Promise<void> {
  const where = url?.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…') ?? null;
  return audit(context, 'key_leaked', subject, { user_id, account_id }, { ...details, url: where });
}
