import { randomBytes } from 'node:crypto';
import type { ApiKey } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { uuidOf } from '../ids.ts';
import { type Order, pageOf } from '../page.ts';
import { atLeast } from '../principal.ts';
import { each, hidden, member } from '../rules.ts';
import { makeToken } from './form.ts';
import { checkedName, holderOf, mintKey, revokeKey, withLastUse } from './index.ts';

/** A key; in the answer that mints it, with itself. */
export interface TokenRow extends ApiKey {
  key?: string;
}

interface Body {
  name?: string;
  /** Seconds since 1970, or ISO 8601. */
  expires_at?: number | string;
  is_enabled?: boolean;
}

const shown = [
  'uuid',
  'prefix',
  'key',
  'name',
  'is_enabled',
  'expires_at',
  'last_used_at',
  'created_at',
  'updated_at',
] as const;

/** The caller's keys that have not been revoked; for admins who ask, everybody's in the account. */
function living(context: Context, everybodys = false) {
  const { userId, accountId } = holderOf(context);
  if (everybodys && !atLeast('admin', context.principal)) {
    throw new Failure('forbidden', 'Only an admin may see the tokens of others', { fields: { all_team: [] } });
  }
  const whose = everybodys ? { account_id: accountId } : { account_id: accountId, user_id: userId };
  return context.db('api_keys').where(whose).whereNull('revoked_at');
}

/**
 * A user's keys, of whatever form, as Mystic manages them (docs/compat/mystic.md: Tokens): switched off and on,
 * deleted, with an end.
 */
export const tokens: Endpoint<TokenRow> = {
  name: 'tokens',

  resource: {
    async list(context, { query, page: { limit = 20, offset } }) {
      const found = living(context, query.all_team === true);
      const order: Order[] = [
        ['created_at', 'desc'],
        ['id', 'desc'],
      ];
      const page = await pageOf<ApiKey>(found, order, { limit, offset });
      return { ...page, rows: page.rows.map((key) => withLastUse(context, key)) };
    },

    async member(context, { id = '' }) {
      const uuid = uuidOf('token', id);
      const key = uuid && (await living(context).where({ uuid }).first());
      if (key) return withLastUse(context, key);
      throw new Failure('not_found', 'Token not found', { reason: { missing: 'record' } });
    },

    create: (context, { body }) => {
      const { name = `token-${randomBytes(3).toString('hex')}`, expires_at } = body as Body;
      return mintKey(context, name, undefined, { key: makeToken(), expiresAt: endOf(expires_at) });
    },

    async update(context, { body }: Call, token) {
      const { name, is_enabled } = body as Body;
      const changes = {
        ...(name !== undefined && { name: checkedName(name) }),
        ...(is_enabled !== undefined && { is_enabled }),
        updated_at: context.db.fn.now() as unknown as string,
      };
      const [row] = await living(context).where({ id: token.id }).update(changes).returning('*');
      if (!row) throw new Failure('not_found', 'Token not found', { reason: { missing: 'record' } });
      if (name !== undefined) await audit(context, 'key_renamed', token.uuid);
      if (is_enabled !== undefined) await audit(context, is_enabled ? 'key_enabled' : 'key_disabled', token.uuid);
      return withLastUse(context, row);
    },

    async delete(context, _call, token) {
      await revokeKey(context, token.uuid);
      return token;
    },
  },

  policy: {
    action: { list: member, detail: member, create: member, update: member, delete: member },
    read: {
      ...each(shown, member),
      ...each(['id', 'hash', 'account_id', 'user_id', 'revoked_at', 'checksummed'], hidden),
      ...each(
        [
          'scopes',
          'addresses',
          'limits',
          'refill',
          'metadata',
          'last_used_address',
          'successor_id',
          'counter_id',
          'expiry_noticed',
        ],
        hidden,
      ),
      ...each(['webhook_url', 'webhook_secret', 'imported', 'leaked_at'], hidden),
    },
    write: { name: member, expires_at: { create: member }, is_enabled: { update: member } },
    query: { all_team: { list: member } },
  },

  presenter: { default: shown },
  collect: {},
};

/** Throws `invalid` for a time that is over. */
function endOf(given: number | string | undefined): string | null {
  if (given === undefined) return null;
  const end = new Date(typeof given === 'number' ? given * 1000 : given);
  if (end.getTime() > Date.now()) return end.toISOString();
  throw new Failure('invalid', 'expires_at must be in the future', { fields: { expires_at: [] } });
}
