import { errorOf } from './latchkey_error.ts';
import type { LatchkeyOptions, SessionTokens } from './options.ts';
import { toldBy } from './told.ts';

/** Where a surface wants its credential: `Bearer`, `Api-Key`, Mage's headers, or `apikey` and `Bearer` as supabase-js sends. */
export type Dress = 'bearer' | 'key' | 'mage' | 'gotrue';

/** What is sent to show who asks. */
export interface Credential {
  headers(dress: Dress): Promise<Record<string, string>>;
  /** Has the next headers be newer than these, where that is possible: whether it was. Throws `LatchkeyError`. */
  renew(refused: string | undefined): Promise<boolean>;
}

/** Refreshed this many seconds before their end. */
const early = 30;

/** The credential of these options. `send` is what asks for the next tokens of a session. */
export function credentialOf(options: LatchkeyOptions, send: typeof fetch): Credential {
  const { apiKey, applicationKey, mageToken } = options;
  let tokens = apiKey === undefined ? options.session : undefined;
  let end = endOf(tokens);
  let refreshing: Promise<void> | undefined;

  const refresh = async (refresh_token: string | undefined): Promise<void> => {
    const response = await send(`${options.url.replace(/\/+$/, '')}/v1/sessions/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...options.headers },
      body: JSON.stringify({ refresh_token }),
    });
    const body = await response.json().catch(() => undefined);
    const told = toldBy(response, body);
    if (told) throw errorOf(told);
    tokens = body as SessionTokens;
    end = endOf(tokens);
    options.onSession?.(tokens);
  };
  /** One at a time: whoever comes meanwhile waits for the same tokens. */
  const once = (refresh_token: string | undefined): Promise<void> => {
    refreshing ??= refresh(refresh_token).finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  return {
    async headers(dress) {
      if (refreshing || (tokens?.refresh_token && Date.now() > end)) await once(tokens?.refresh_token);
      const bearer = apiKey ?? tokens?.access_token;
      if (dress === 'mage') {
        const key = applicationKey ?? apiKey;
        return { ...(key && { 'X-API-KEY': key }), ...(mageToken && { 'OAUTH-TOKEN': rawOf(mageToken) }) };
      }
      const named: Record<string, string> = {};
      if (dress === 'gotrue' && (applicationKey ?? apiKey)) named.apikey = applicationKey ?? apiKey ?? '';
      if (bearer) named.Authorization = dress === 'key' && apiKey ? `Api-Key ${apiKey}` : `Bearer ${bearer}`;
      return named;
    },
    async renew(refused) {
      if (!tokens?.refresh_token) return false;
      if (refused === `Bearer ${tokens.access_token}`) await once(tokens.refresh_token);
      return true;
    },
  };
}

const endOf = (tokens?: SessionTokens) =>
  tokens?.expires_in === undefined ? Number.POSITIVE_INFINITY : Date.now() + (tokens.expires_in - early) * 1000;

/** The token that Mage's header takes: the raw one is a JWT around it. */
function rawOf(token: string): string {
  const [, payload] = token.split('.');
  if (payload === undefined) return token;
  return (JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { token: string }).token;
}
