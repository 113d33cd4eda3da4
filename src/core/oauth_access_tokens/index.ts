import type { OauthToken } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Endpoint } from '../endpoint.ts';
import { each, hidden, viewer } from '../rules.ts';

/** A token of somebody who is still there. */
interface TokenRow extends OauthToken {
  user_id: number;
}

interface Extra {
  token: string;
}

/**
 * The caller's own OAuth tokens. Tokens are stored as hashes: the one that the request carries is shown whole, of the
 * others only the first characters (a deviation from docs/compat/mage.md: OAuth access tokens, docs/adr/0004).
 */
export const oauthAccessTokens: Endpoint<TokenRow, Extra> = {
  name: 'oauth_access_tokens',

  resource: {
    async list({ db, principal }, { query, page: { limit = 40, offset } }) {
      if (principal.kind !== 'user')
        throw new Failure('invalid', 'Nobody is signed in, so there are no tokens to list.');
      const { userId: user_id, accountId: account_id } = principal;
      const own = db('oauth_tokens').where({ user_id, account_id });
      if (query.show_all === undefined || query.show_all === false || query.show_all === '') {
        own.where('expires', '>', db.fn.now());
      }
      const [total] = await own.clone().count({ count: '*' });
      const rows = await own.orderBy('expires', 'desc').orderBy('id', 'desc').limit(limit).offset(offset);
      return { rows: rows as TokenRow[], count: Number(total?.count), limit, offset };
    },
  },

  policy: {
    action: { list: viewer },
    read: {
      ...each(['expires', 'token', 'user_id'], viewer),
      ...each(['id', 'hash', 'hint', 'account_id', 'created_at'], hidden),
    },
    write: {},
    query: { show_all: viewer },
  },

  presenter: { default: ['expires', 'token', 'user_id'] },

  collect: {
    token: ({ principal }, rows) => {
      const own = principal.kind === 'user' ? principal.token : undefined;
      return rows.map(({ id, hint }) => (own && own.id === id ? own.value : `${hint}…`));
    },
  },
};
