import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import { encodeToken, mintToken } from '../credentials/oauth_token.ts';
import { type Endpoint, show } from '../endpoint.ts';
import { each, hidden, signedOut, viewer } from '../rules.ts';
import { checkSignIn, type SignedIn } from '../sign_in/by_password.ts';
import { holdSignedIn } from '../sign_in/new_password.ts';
import { type UserExtra, type UserRow, users } from '../users/index.ts';

interface SessionRow {
  user_id: number;
  account_id: number;
  /** The raw form: a JWT. */
  token: string;
  expires: string;
}

/** A role, as a session shows it. */
interface SessionRole {
  id: number;
  created_at: string;
  updated_at: string;
  name: string;
  user_id: null;
}

interface Extra {
  user: Omit<UserRow & UserExtra, 'roles_new'> & { roles_new: SessionRole[] };
}

interface SignIn {
  email?: string;
  username?: string;
  password?: string;
  provider?: string;
}

/** What a session shows of its user; no format of users, so that nobody can ask for it by name. */
const sessionUser: typeof users = {
  ...users,
  presenter: {
    default: [
      'avatar',
      'first_name',
      'id',
      'last_name',
      'owner',
      'project_access',
      'roles',
      'roles_display',
      'roles_new',
      'username',
    ],
  },
};

/**
 * Signing in is making a session; signing out is updating it (docs/compat/mage.md: Sessions). A session is one OAuth
 * token.
 */
export const sessions: Endpoint<SessionRow, Extra, unknown, SignedIn | undefined> = {
  name: 'sessions',

  resource: {
    /** Looks the user up and checks the password. Unknown user and wrong password: one answer, one cost. */
    async prepare(context, { id, body }) {
      const { email, username, password, provider } = body as SignIn;
      // A session that is named is one to end, which takes no password.
      if (id !== undefined) return undefined;
      if (provider) throw new Failure('invalid', 'Invalid provider.');
      if (!(email || username) || !password) throw unknown('Email/username and password are required.');
      const signedIn = email
        ? await checkSignIn(context, 'email', email, password)
        : await checkSignIn(context, 'username', username as string, password);
      if (!signedIn) throw unknown('Email/username and/or password invalid.');
      return signedIn;
    },

    async create(context, _call, _parent, signedIn) {
      const { house, db } = context;
      const { user_id, account_id } = signedIn as SignedIn;
      await holdSignedIn(db, signedIn as SignedIn);
      await audit(context, 'signed_in', 'mage', { user_id, account_id });
      const { value, expires } = await mintToken(house, db, user_id, account_id);
      return { user_id, account_id, expires, token: await encodeToken(house, value, expires) };
    },

    /** Signs out: whatever the path names, the token that the request carries ends now. */
    async update(context) {
      const { house, db, principal } = context;
      if (principal.kind !== 'user' || !principal.token) {
        throw new Failure('invalid', 'There is no session to end: this request carries no OAuth token.');
      }
      const { id, value } = principal.token;
      const [row] = await db('oauth_tokens').where({ id }).update({ expires: db.fn.now() }).returning('expires');
      await audit(context, 'signed_out', 'mage');
      const expires = row?.expires as string;
      const { userId: user_id, accountId: account_id } = principal;
      return { user_id, account_id, expires, token: await encodeToken(house, value, expires) };
    },
  },

  policy: {
    action: { create: signedOut, update: viewer },
    read: {
      ...each(['expires', 'token', 'user'], { create: signedOut, update: viewer }),
      user_id: hidden,
      account_id: hidden,
    },
    write: each(['email', 'username', 'password', 'token', 'provider'], signedOut),
    query: {},
  },

  presenter: { default: ['expires', 'token', 'user'] },

  collect: {
    async user(context, rows, call) {
      const ids = rows.map(({ user_id }) => user_id);
      const found: UserRow[] = await context
        .db('users')
        .join('memberships', 'memberships.user_id', 'users.id')
        .whereIn('users.id', ids)
        .whereIn(
          'memberships.account_id',
          rows.map(({ account_id }) => account_id),
        )
        .select('users.*', 'memberships.role_ids', context.db.raw('null as token'));
      const ordered = ids.map((id) => found.find((user) => user.id === id) as UserRow);
      const shown = await show(sessionUser, 'detail', context, ordered, call, 'default');
      return shown.map(({ roles_new, ...user }) => ({
        ...user,
        roles_new: roles_new.map(({ permissions: _, ...role }) => ({ ...role, user_id: null })),
      }));
    },
  },
};

function unknown(sentence: string): Failure {
  return new Failure('not_found', sentence, { reason: { missing: 'user' } });
}
