import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { idOf, uuidOf } from '../../core/ids.ts';
import { checkSignIn } from '../../core/sign_in/by_password.ts';
import { openConsoleSession } from '../../core/sign_in/console_session.ts';
import { reauthenticate } from '../../core/sign_in/fresh.ts';
import { endOtherSessions, endOwnSession, type OwnSession, ownSession, ownSessions } from '../../core/sign_in/own.ts';
import { lifetime, openSession, refreshSession, type Session } from '../../core/sign_in/session.ts';
import { Headed } from '../../wire/headed.ts';
import { cookieHeader } from './cookie.ts';

interface SignIn {
  email?: string;
  username?: string;
  password: string;
  name?: string;
  cookie?: boolean;
}

/** Sessions: signing in, staying signed in, seeing who is, signing out. */
export const sessionHandlers = {
  /** Unknown user and wrong password: one answer, one cost. */
  async createSession(context: Context, { body, cookie: before }: Call<unknown, SignIn>) {
    const { email, username, password, name, cookie } = body;
    // Nobody has somebody else's browser signed in as them.
    if (cookie && context.asker.isForeign) {
      const sentence = 'This was asked for by another site: a cookie is for the pages of this one.';
      throw new Failure('forbidden', sentence, { reason: { refused: 'site' } });
    }
    if ((email === undefined) === (username === undefined)) {
      const sentence = 'Send either email or username.';
      throw new Failure('invalid', sentence, { fields: { [email === undefined ? 'email' : 'username']: [sentence] } });
    }
    const signedIn = await checkSignIn(
      context,
      email === undefined ? 'username' : 'email_in_any_case',
      email ?? username ?? '',
      password,
    );
    if (!signedIn) throw refused('The name or the password is wrong.');
    if (!cookie) return signedInBody(context, await openSession(context, signedIn, name));
    const { id, value } = await openConsoleSession(context, signedIn, { name, before });
    const { origin } = context.asker;
    const headers = { 'Set-Cookie': cookieHeader(origin, value, context.house.config.sessionDays) };
    return new Headed({ session: { ...shown(context, await ownSession(context, id)), current: true } }, headers);
  },

  async refreshSession(context: Context, { body }: Call<unknown, { refresh_token: string }>) {
    const session = await refreshSession(context, body.refresh_token);
    if (typeof session === 'string') throw refused('This refresh token is not good, or not any more: sign in again.');
    return signedInBody(context, session);
  },

  async listSessions(context: Context, { page: { limit = 20, cursor } }: Call<unknown, unknown>) {
    const page = await ownSessions(context, { limit, cursor });
    return { ...page, rows: page.rows.map((session) => shown(context, session)) };
  },

  async endSession(context: Context, { id = '', cookie }: Call<unknown, unknown>): Promise<Headed | undefined> {
    const { principal } = context;
    const current = principal.kind === 'user' ? principal.sessionId : undefined;
    const ended = id === 'current' ? current : uuidOf('ses', id);
    await endOwnSession(context, ended);
    if (cookie === undefined || ended !== current) return undefined;
    return new Headed(undefined, { 'Set-Cookie': cookieHeader(context.asker.origin) });
  },

  async reauthenticate(context: Context, { body }: Call<unknown, { password: string }>) {
    return shown(context, await ownSession(context, await reauthenticate(context, body.password)));
  },

  endOtherSessions: async (context: Context) => ({ ended: await endOtherSessions(context) }),
};

async function signedInBody(context: Context, { id, accessToken, refreshToken }: Session) {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'bearer',
    expires_in: lifetime,
    session: { ...shown(context, await ownSession(context, id)), current: true },
  };
}

/** A session as it is written. */
export function shown({ principal }: Context, session: OwnSession) {
  const { id, kind, name, created_at, last_used_at, expires_at, address, user_agent } = session;
  const current = principal.kind === 'user' && principal.sessionId === id;
  const where = kind === 'cli' || kind === 'console' ? kind : ('api' as const);
  return { id: idOf('ses', id), kind: where, name, current, created_at, last_used_at, expires_at, address, user_agent };
}

/** There is no challenge in it: nothing was presented but what is in the body. */
function refused(sentence: string): Failure {
  return new Failure('unauthenticated', sentence);
}
