import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { endSignIns } from './end.ts';
import { endOf, outlived } from './lifetime.ts';

/** A session that has not ended, and when it will at the latest. */
export interface OwnSession {
  id: string;
  kind: 'token' | 'cli' | 'console';
  name: string | null;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  address: string | null;
  user_agent: string | null;
}

/** A session without a bound lasts as long as its user; so far ahead is shown for it. */
const farAhead = "timestamptz '9999-12-31T23:59:59Z'";

function living({ db, house: { config } }: Context) {
  const end = `coalesce(${endOf(config, 's')}, ${farAhead})`;
  return db('sessions as s')
    .whereNull('s.ended_at')
    .whereRaw(`not (${outlived(config, 's')})`)
    .select(
      's.*',
      db.raw(`${end} as expires_at, greatest(s.last_used_at, s.refreshed_at, s.created_at) as last_used_at`),
    );
}

/** One session, by its id; it must be there. */
export async function ownSession(context: Context, id: string): Promise<OwnSession> {
  return (await living(context).where('s.id', id).first()) as OwnSession;
}

/** The caller's sessions in their account, the newest first. */
export async function ownSessions(
  context: Context,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<OwnSession>> {
  const found = living(context).where(mine(context));
  const by = [
    ['s.created_at', 'timestamptz'],
    ['s.id', 'uuid'],
  ] as const;
  return keysetPage<OwnSession>(context.house, found, { ...page, list: 'sessions', by: by as never, descending: true });
}

/** Ends one of the caller's sessions, at once. Throws `not_found`. */
export async function endOwnSession(context: Context, id: string | undefined): Promise<void> {
  await context.db.transaction(async (db) => {
    const ended =
      id === undefined
        ? 0
        : await db('sessions as s')
            .where({ ...mine(context), 's.id': id })
            .whereNull('s.ended_at')
            .update({ ended_at: db.fn.now() });
    if (ended === 0) throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
    await audit({ ...context, db }, 'signed_out', String(id));
  });
}

/** Ends what the caller's password has opened, but for the session that asks; gives how many sessions that were. */
export async function endOtherSessions(context: Context): Promise<number> {
  const { principal } = context;
  if (principal.kind !== 'user') return 0;
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const ended = await endSignIns(within, principal.userId, { keepOwn: true });
    await audit(within, 'signed_out', 'others');
    return ended;
  });
}

function mine({ principal }: Context) {
  const user = principal.kind === 'user' ? principal : undefined;
  return { 's.user_id': user?.userId ?? null, 's.account_id': user?.accountId ?? null };
}
