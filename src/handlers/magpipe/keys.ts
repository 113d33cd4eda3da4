import type { operations } from '../../../generated/magpipe.ts';
import type { ApiKey } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { listKeys, mintKey, revokeKey, setWebhook } from '../../core/api_keys/index.ts';
import type { Call, Context } from '../../core/context.ts';
import { needScope } from '../../core/scopes.ts';
import { toFailure } from '../../core/to_failure.ts';
import type { Answered } from '../../wire/handlers.ts';

interface Asked {
  action?: unknown;
  name?: unknown;
  key_id?: unknown;
  webhook_url?: unknown;
}

type Answer = Answered<operations['manageApiKeys']>;
type Action = (context: Context, asked: Asked) => Promise<Answer>;

/** What `manage-api-keys` does, by its `action`; field by field as docs/compat/magpipe.md: Managing keys has it. */
const actions: Record<string, Action> = {
  async generate(context, { action: _generate, key_id: _none, name, webhook_url, ...unknown }) {
    const [surplus] = Object.keys(unknown);
    if (surplus !== undefined) throw invalid(`Unknown field: ${surplus}`);
    if (typeof name !== 'string' || name.trim() === '') throw invalid('Key name is required');
    const url = urlOf(webhook_url) ?? undefined;
    const made = await mintKey(context, name, url).catch(saying('Failed to create API key'));
    const { key, uuid: id, prefix, created_at, webhook_secret } = made;
    return { key, id, name: made.name, key_prefix: prefix.slice(0, 8), created_at, webhook_secret };
  },

  list: async (context) => ({
    keys: (await listKeys(context).catch(saying('Failed to list API keys'))).map(shown),
  }),

  async update(context, { key_id, webhook_url }) {
    const key = await setWebhook(context, idOf(key_id), urlOf(webhook_url));
    if (!key) throw missing('API key not found');
    return { success: true, webhook_url: key.webhook_url, webhook_secret: key.webhook_secret };
  },

  async revoke(context, { key_id }) {
    if (!(await revokeKey(context, idOf(key_id)))) throw missing('API key not found or already revoked');
    return { success: true };
  },
};

/** One route, four actions. Throws `invalid` and `not_found` with the route's own sentences. */
export async function manageApiKeys(context: Context, { body }: Call<unknown, Asked>): Promise<Answer> {
  const name = typeof body.action === 'string' && Object.hasOwn(actions, body.action) ? body.action : undefined;
  const action = name === undefined ? undefined : actions[name];
  if (!action) throw invalid('Invalid action. Use: generate, list, revoke, update');
  if (name !== 'list') needScope(context.principal, 'keys:write');
  return action(context, body);
}

function shown({
  uuid: id,
  name,
  prefix,
  created_at,
  last_used_at,
  revoked_at,
  expires_at,
  is_enabled,
  webhook_url,
  webhook_secret,
}: ApiKey) {
  return {
    id,
    name,
    key_prefix: prefix.slice(0, 8),
    created_at,
    last_used_at,
    is_active:
      (revoked_at === null || Date.parse(revoked_at) > Date.now()) &&
      is_enabled &&
      (expires_at === null || Date.parse(expires_at) > Date.now()),
    webhook_url,
    webhook_secret,
  };
}

function idOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('key_id is required');
}

/** A URL that events can go to, or null for none. */
function urlOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  const url = typeof value === 'string' ? value.trim() : '';
  if (url === '' && typeof value === 'string') return null;
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
  if ((protocol === 'https:' || protocol === 'http:') && url.length <= 2048) return url;
  throw invalid('Invalid webhook URL. Must be a valid HTTP/HTTPS URL.');
}

/** The route's own words for a fault of ours. */
const saying = (sentence: string) => (thrown: unknown) => {
  const failure = toFailure(thrown);
  throw failure.kind === 'internal' ? new Failure('internal', sentence, { cause: failure.cause }) : failure;
};

const invalid = (sentence: string) => new Failure('invalid', sentence);
const missing = (sentence: string) => new Failure('not_found', sentence);
