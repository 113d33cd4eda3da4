import { createHmac, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { memberOf } from '../credentials/holder.ts';
import type { House } from '../house.ts';
import { outlived } from './lifetime.ts';

/** How long a token may be used again after what it gave was used too, by a request that ran beside the others; seconds. */
const grace = 10;

/** What came of a refresh token. */
export type Refreshed =
  | { outcome: 'refreshed'; sessionId: string; signedInAt: string; userId: number; token: string }
  | { outcome: 'unknown' | 'ended' | 'expired' | 'reused' };

/** The first refresh token of a session. */
export function firstToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The token that follows another. It is derived, not drawn, so that it can be given again although only hashes are kept;
 * without the token before it, nobody can derive it.
 */
function nextToken({ installation }: House, token: string): string {
  return createHmac('sha256', installation.tokenSecret).update(`refresh:${token}`).digest('base64url');
}

/**
 * Uses a refresh token (RFC 9700 §4.14). Each gives one other, and gives the same again, however late, while nobody has used
 * that: an answer may have been lost. A token from further back is one that somebody else has: the whole session ends, which
 * is committed before the caller hears of it. For ten seconds it still gives the newest one, to requests that ran side by side.
 */
export function useRefreshToken(context: Context, token: string): Promise<Refreshed> {
  const { house } = context;
  return context.db.transaction(async (db): Promise<Refreshed> => {
    // The session's row is locked first, always: refreshes of one session go one by one.
    const { rows } = await db.raw(
      `select s.id session_id, s.user_id, s.account_id, s.created_at, r.id refresh_id,
         s.ended_at is not null or m.user_id is null as ended, ${outlived(house.config, 's')} as expired
       from refresh_tokens r join sessions s on s.id = r.session_id
         left join memberships m on ${memberOf('s')}
       where r.hash = ? for update of s`,
      [digest(token)],
    );
    const [found] = rows;
    if (!found) return { outcome: 'unknown' };
    if (found.ended) return { outcome: 'ended' };
    if (found.expired) return { outcome: 'expired' };

    const given = await give(db, house, token, found);
    if (given === undefined) {
      await db('sessions').where({ id: found.session_id }).update({ ended_at: db.fn.now() });
      await audit({ ...context, db }, 'refresh_token_reused', found.session_id, found);
      return { outcome: 'reused' };
    }
    await db('sessions').where({ id: found.session_id }).update({ refreshed_at: db.fn.now() });
    const { session_id: sessionId, created_at: signedInAt, user_id: userId } = found;
    return { outcome: 'refreshed', sessionId, signedInAt, userId, token: given };
  });
}

type Found = { session_id: string; refresh_id: number };

/** The token that another gives; undefined where it gives none any more. */
async function give(db: Knex, house: House, token: string, { session_id, refresh_id }: Found) {
  const child = nextToken(house, token);
  const used = { used_at: db.raw('clock_timestamp()') };
  if ((await db('refresh_tokens').where({ id: refresh_id, used_at: null }).update(used)) > 0) {
    await db('refresh_tokens').insert({ session_id, hash: digest(child) });
    return child;
  }
  const { rows } = await db.raw(
    `select used_at > clock_timestamp() - make_interval(secs => ?) as lately from refresh_tokens where id = ?`,
    [grace, refresh_id],
  );
  let newest = child;
  for (;;) {
    const state = await db('refresh_tokens')
      .where({ hash: digest(newest) })
      .first('used_at');
    // Without a row, the secret that it was derived by is another one now.
    if (!state) return undefined;
    if (state.used_at === null) return newest;
    if (!rows[0].lately) return undefined;
    newest = nextToken(house, newest);
  }
}
