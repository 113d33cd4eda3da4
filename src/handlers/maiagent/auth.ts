import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { verifySession } from '../../core/credentials/verify_session.ts';
import { checkSignIn } from '../../core/sign_in/by_password.ts';
import { openSession, refreshSession, signOut } from '../../core/sign_in/session.ts';
import { currentUser } from '../../core/users/current.ts';
import { notValid } from './authenticate.ts';

type Asked<Body> = Call<unknown, Body>;

/**
 * Signs in by name or e-mail address (docs/compat/maiagent.md: Signing in). Throws `invalid` in dj-rest-auth's words,
 * and `too_many`.
 */
export async function login(
  context: Context,
  { body }: Asked<{ username?: string; email?: string; password: string }>,
) {
  const name = body.username || body.email;
  if (!name) throw whole('Must include "email" and "password".');
  const by = body.username && !name.includes('@') ? 'username' : 'email_in_any_case';
  const signedIn = await checkSignIn(context, by, name, body.password);
  if (!signedIn) throw whole('Unable to log in with provided credentials.');
  const { accessToken, refreshToken } = await openSession(context, signedIn);
  const principal = await verifySession(context.house, accessToken);
  return { access: accessToken, refresh: refreshToken, user: await currentUser({ ...context, principal }) };
}

/** Ends the session whose token was sent; an API key is none. */
export async function logout(context: Context) {
  const { principal } = context;
  if (principal.kind === 'user' && principal.sessionId) await signOut(context, 'local');
  return { detail: 'Successfully logged out.' };
}

/** The next access token. Throws `unauthenticated` for a refresh token that is not good, or no longer. */
export async function refreshToken(context: Context, { body }: Asked<{ refresh: string }>) {
  const session = await refreshSession(context, body.refresh);
  if (typeof session === 'string') throw notValid('Token is invalid or expired');
  return { access: session.accessToken, refresh: session.refreshToken };
}

/** Whether an access token is good. Throws `unauthenticated` where it is not. */
export async function verifyToken({ house, asker }: Context, { body }: Asked<{ token: string }>) {
  await verifySession(house, body.token).catch(async (refusal) => {
    const thrown = await house.limits.failed(asker.address, refusal, 'a token to verify');
    throw thrown instanceof Failure && thrown.kind === 'unauthenticated'
      ? notValid('Token is invalid or expired')
      : thrown;
  });
  return {};
}

function whole(sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { nonFieldErrors: [sentence] } });
}
