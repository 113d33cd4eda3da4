import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { idOf, uuidOf } from '../../core/ids.ts';
import { checkSignIn } from '../../core/sign_in/by_password.ts';
import { endOtherSessions, endOwnSession, type OwnSession, ownSession, ownSessions } from '../../core/sign_in/own.ts';
import { lifetime, openSession, refreshSession, type Session } from '../../core/sign_in/session.ts';

interface SignIn {
  email?: string;
  username?: string;
  password: string;
  name?: string;
}

/** Sessions: signing in, staying signed in, seeing who is, signing out. */
export const sessionHandlers = {
  /** Unknown user and wrong password: one answer, one cost. */
  async createSession(context: Context, { body }: Call<unknown, SignIn>) {
    const { email, username, password, name } = body;
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
    return signedInBody(context, await openSession(context, signedIn, name));
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

  async endSession(context: Context, { id = '' }: Call<unknown, unknown>): Promise<undefined> {
    const { principal } = context;
    const current = principal.kind === 'user' ? principal.sessionId : undefined;
    await endOwnSession(context, id === 'current' ? current : uuidOf('ses', id));
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

function shown({ principal }: Context, session: OwnSession) {
  const { id, kind, name, created_at, last_used_at, expires_at, address, user_agent } = session;
  const current = principal.kind === 'user' && principal.sessionId === id;
  const where = kind === 'cli' ? ('cli' as const) : ('api' as const);
  return { id: idOf('ses', id), kind: where, name, current, created_at, last_used_at, expires_at, address, user_agent };
}

/** There is no challenge in it: nothing was presented but what is in the body. */
function refused(sentence: string): Failure {
  return new Failure('unauthenticated', sentence);
}
