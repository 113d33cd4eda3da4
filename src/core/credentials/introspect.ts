import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { accountOf } from '../rules.ts';
import { effective } from '../scopes.ts';
import { askedKey, keyPrincipal } from './verify_key.ts';

const inactive = { active: false };

/**
 * What is to be known of a token (RFC 7662 §2.2). One that is unknown, dead, or of another account is inactive, and nothing
 * else is said.
 */
export async function introspected(context: Context, token: string) {
  const holder = await askedKey(context, token);
  if (!holder || holder.dead || holder.account_id !== accountOf(context)) return inactive;
  const { uuid, user_name, user_uuid, expires_at, created_at } = holder;
  return {
    active: true,
    scope: effective(keyPrincipal(holder)).join(' '),
    client_id: idOf('key', uuid),
    username: user_name,
    sub: idOf('usr', user_uuid),
    token_type: 'Bearer',
    ...(expires_at !== null && { exp: seconds(expires_at) }),
    iat: seconds(created_at),
  };
}

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000);
