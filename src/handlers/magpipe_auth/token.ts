import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { checkSignIn } from '../../core/sign_in/by_password.ts';
import type { UserMetadata } from '../../core/sign_in/metadata.ts';
import { lifetime, type NotRefreshed, openSession, refreshSession, type Session } from '../../core/sign_in/session.ts';

interface Asked {
  email?: unknown;
  phone?: unknown;
  password?: unknown;
  refresh_token?: unknown;
  provider?: unknown;
  issuer?: unknown;
  id_token?: unknown;
  auth_code?: unknown;
  code_verifier?: unknown;
}

const wrong = () => failed('invalid_credentials', 'Invalid login credentials');

/** The two ways to a session, and GoTrue's other ones, which are off here as they may be there. */
const grants: Record<string, (context: Context, asked: Asked) => Promise<Session>> = {
  async password(context, { email, phone, password }) {
    if (email && phone) {
      throw failed('validation_failed', 'Only an email address or phone number should be provided on login.');
    }
    if (phone) throw failed('phone_provider_disabled', 'Phone logins are disabled', 422);
    if (!email) throw failed('validation_failed', 'missing email or phone');
    if (typeof email !== 'string' || typeof password !== 'string' || password === '') throw wrong();
    const signedIn = await checkSignIn(context, 'email_in_any_case', email, password);
    if (!signedIn) throw wrong();
    return openSession(context, signedIn);
  },

  async refresh_token(context, { refresh_token }) {
    if (typeof refresh_token !== 'string' || !/^[\w-]{12,128}$/.test(refresh_token)) {
      throw failed('validation_failed', 'Refresh token is not valid');
    }
    const session = await refreshSession(context, refresh_token);
    if (typeof session !== 'string') return session;
    throw failed(...notRefreshed[session]);
  },

  async id_token(_context, { id_token, provider, issuer }) {
    if (!id_token) throw failed('validation_failed', 'id_token required');
    const name = JSON.stringify(String(provider || issuer || ''));
    throw failed('provider_disabled', `Provider ${name} is not enabled`);
  },

  async pkce(_context, { auth_code, code_verifier }) {
    if (auth_code && code_verifier) {
      throw failed('flow_state_not_found', 'invalid flow state, no valid flow state found', 404);
    }
    const sentence = 'invalid request: both auth code and code verifier should be non-empty';
    throw failed('validation_failed', sentence);
  },

  async web3() {
    throw failed('web3_provider_disabled', 'Web3 provider is disabled', 422);
  },
};

const notRefreshed: Record<NotRefreshed, [code: string, sentence: string]> = {
  unknown: ['refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found'],
  ended: ['session_not_found', 'Invalid Refresh Token: No Valid Session Found'],
  expired: ['session_expired', 'Invalid Refresh Token: Session Expired'],
  reused: ['refresh_token_already_used', 'Invalid Refresh Token: Already Used'],
};

/** Signs in by password, or goes on with a session by its refresh token. Throws `invalid` with GoTrue's name for what is wrong. */
export async function createToken(context: Context, { query, body }: Call<{ grant_type?: unknown }, Asked>) {
  const name = typeof query.grant_type === 'string' && Object.hasOwn(grants, query.grant_type) ? query.grant_type : '';
  const grant = grants[name];
  if (!grant) throw failed('invalid_credentials', 'unsupported_grant_type');
  return sessionBody(await grant(context, body));
}

/** A session as GoTrue writes it. */
export function sessionBody({ accessToken, refreshToken, expiresAt, user }: Session) {
  return {
    access_token: accessToken,
    token_type: 'bearer' as const,
    expires_in: lifetime,
    expires_at: expiresAt,
    refresh_token: refreshToken,
    user: userBody(user),
  };
}

/** A user as GoTrue writes it. Nobody confirms an e-mail address here: who is in the table is confirmed. */
export function userBody({ uuid: id, email, user_metadata, created_at, updated_at, last_sign_in_at }: User) {
  return {
    id,
    aud: 'authenticated' as const,
    role: 'authenticated' as const,
    email,
    email_confirmed_at: created_at,
    phone: '' as const,
    confirmed_at: created_at,
    last_sign_in_at,
    app_metadata: { provider: 'email' as const, providers: ['email' as const] },
    user_metadata: user_metadata as UserMetadata,
    identities: [
      {
        identity_id: id,
        id,
        user_id: id,
        identity_data: { email, email_verified: true, phone_verified: false, sub: id },
        provider: 'email' as const,
        last_sign_in_at,
        created_at,
        updated_at,
        email,
      },
    ],
    created_at,
    updated_at,
    is_anonymous: false as const,
  };
}

/** A refusal by GoTrue's name for it; 400, or the status of that name, unless it says another. */
export function failed(auth: string, sentence: string, status?: number): Failure {
  return new Failure('invalid', sentence, { reason: { auth, ...(status !== undefined && { status }) } });
}
