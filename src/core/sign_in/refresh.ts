import { createHmac, randomBytes } from 'node:crypto';
import type { Context } from '../../endpoint.ts';
import type { House } from '../../house.ts';
import { audit } from '../audit.ts';
import { digest } from '../credentials/token.ts';

/** How long a token that was used may be used once more, by a request that ran beside the first; seconds. */
const grace = 10;

/** What came of a refresh token. */
export type Refreshed =
  | { outcome: 'refreshed'; sessionId: string; signedInAt: string; userId: number; token: string }
  | { outcome: 'unknown' | 'ended' | 'reused' };

/** The first refresh token of a session. */
export function firstToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The token that follows another. It is derived, not drawn, so that two requests that refresh at once are given the same
 * one although only hashes are kept; without the token before it, nobody can derive it.
 */
function nextToken({ installation }: House, token: string): string {
  return createHmac('sha256', installation.tokenSecret).update(`refresh:${token}`).digest('base64url');
}

/**
 * Uses a refresh token (RFC 9700 §4.14): each is good once, and for ten more seconds. Used after that, somebody else
 * has it: the whole session ends, which is committed before the caller hears of it.
 */
export function useRefreshToken(context: Context, token: string): Promise<Refreshed> {
  const { house } = context;
  return context.db.transaction(async (db): Promise<Refreshed> => {
    // The session's row is locked first, always: refreshes of one session go one by one.
    const { rows } = await db.raw(
      `select s.id session_id, s.user_id, s.account_id, s.created_at, r.id refresh_id,
         s.ended_at is not null or m.user_id is null as ended
       from refresh_tokens r join sessions s on s.id = r.session_id
         left join memberships m on m.user_id = s.user_id and m.account_id = s.account_id
       where r.hash = ? for update of s`,
      [digest(token)],
    );
    const found = rows[0];
    if (!found) return { outcome: 'unknown' };
    const { session_id: sessionId, user_id: userId, created_at: signedInAt } = found;
    if (found.ended) return { outcome: 'ended' };

    const [state] = (
      await db.raw(
        `select used_at, used_at > clock_timestamp() - make_interval(secs => ?) again from refresh_tokens where id = ?`,
        [grace, found.refresh_id],
      )
    ).rows;
    const next = nextToken(house, token);
    if (state.used_at === null) {
      await db('refresh_tokens')
        .where({ id: found.refresh_id })
        .update({ used_at: db.raw('clock_timestamp()') });
      await db('refresh_tokens').insert({ session_id: sessionId, hash: digest(next) });
      await db('sessions').where({ id: sessionId }).update({ refreshed_at: db.fn.now() });
    } else if (!state.again) {
      await db('sessions').where({ id: sessionId }).update({ ended_at: db.fn.now() });
      await audit({ ...context, db }, 'refresh_token_reused', sessionId, found);
      return { outcome: 'reused' };
    }
    return { outcome: 'refreshed', sessionId, signedInAt, userId, token: next };
  });
}
