import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Knex } from 'knex';
import type { User } from '../../../generated/tables.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import type { House } from '../house.ts';
import { beginSession } from './begin.ts';
import type { SignedIn } from './by_password.ts';
import { endSignIns } from './end.ts';
import { firstToken, useRefreshToken } from './refresh.ts';

/** How long a session's JWT lasts; seconds (seed 002). */
export const lifetime = 3600;

/** What signing in gives: a JWT for an hour, and the token that gets the next one. */
export interface Session {
  accessToken: string;
  refreshToken: string;
  id: string;
  /** Unix seconds. */
  expiresAt: number;
  user: User;
}

/** Opens a session for somebody whose password was checked. Throws `conflict` where it has been changed since. */
export async function openSession(context: Context, signedIn: SignedIn, name?: string): Promise<Session> {
  const refreshToken = firstToken();
  const { session, user } = await context.db.transaction(async (db) => {
    const begun = await beginSession({ ...context, db }, signedIn, { name: name ?? null });
    await db('refresh_tokens').insert({ session_id: begun.session.id, hash: digest(refreshToken) });
    return begun;
  });
  const opened = { sessionId: session.id, signedInAt: session.created_at };
  return { ...(await sign(context.house, opened, user)), id: session.id, refreshToken, user };
}

/** Why a refresh token gets no session. */
export type NotRefreshed = 'unknown' | 'ended' | 'expired' | 'reused';

/** What could be a refresh token: of ours, or of GoTrue's. */
const possible = /^([\w-]{43}|[\w-]{12,24})$/;

/** Goes on with a session: a new JWT, a new refresh token. Throws `too_many` for too many bad ones of one address. */
export async function refreshSession(context: Context, token: string): Promise<Session | NotRefreshed> {
  const { house, db, asker } = context;
  const refreshed = await useRefreshToken(context, token);
  if (refreshed.outcome !== 'refreshed') {
    if (refreshed.outcome === 'unknown' && possible.test(token)) await house.limits.guessed(asker.address);
    return refreshed.outcome;
  }
  const user = (await db('users').where({ id: refreshed.userId }).first()) as User;
  return { ...(await sign(house, refreshed, user)), id: refreshed.sessionId, refreshToken: refreshed.token, user };
}

/** Which sign-ins a signing-out ends: this one, all, or all but this one. */
export type Scope = 'local' | 'global' | 'others';

/**
 * Ends the caller's session, or whatever their password has opened, on every surface, at once: JWTs are refused from now on,
 * although they have not expired.
 */
export async function signOut(context: Context, scope: Scope): Promise<void> {
  const { principal } = context;
  if (principal.kind !== 'user') return;
  const { userId, sessionId } = principal;
  await context.db.transaction(async (db: Knex) => {
    const within = { ...context, db };
    const open = { id: sessionId ?? null, ended_at: null };
    if (scope === 'local') await db('sessions').where(open).update({ ended_at: db.fn.now() });
    else await endSignIns(within, userId, { keepOwn: scope === 'others' });
    await audit(within, 'signed_out', scope);
  });
}

async function sign(house: House, { sessionId, signedInAt }: { sessionId: string; signedInAt: string }, user: User) {
  const { kid, key } = await house.signingKeys.current();
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    email: user.email,
    phone: '',
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: user.user_metadata,
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: Math.floor(Date.parse(signedInAt) / 1000) }],
    session_id: sessionId,
    is_anonymous: false,
  };
  const accessToken = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
    .setJti(randomUUID())
    .setIssuer(house.installation.issuer)
    .setSubject(user.uuid)
    .setAudience('authenticated')
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(key);
  return { accessToken, expiresAt: now + lifetime };
}
