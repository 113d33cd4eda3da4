import type { Knex } from 'knex';
import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import { encodeToken, mintToken } from '../credentials/oauth_token.ts';
import { hashPassword } from '../credentials/password_hash.ts';
import { isEmail } from '../email.ts';
import type { Resource } from '../endpoint.ts';
import { emailColumns, identifierFault } from '../names.ts';
import { atLeast } from '../principal.ts';
import { accountOf } from '../rules.ts';
import { setPassword } from '../sign_in/new_password.ts';
import {
  checkCurrentPassword,
  checkPasswords,
  checkRoles,
  checkRolesChange,
  checkShared,
  checkSomebody,
  invalid,
  passwordFault,
} from './checks.ts';
import { leave } from './leave.ts';
import type { UserBody, UserRow } from './row.ts';
import { auditUser } from './user_audit.ts';

const columns = ['avatar', 'email', 'first_name', 'last_name', 'username'] as const;

/** The users of the caller's account that the caller may see: admins see neither admins nor owners. */
function mine(context: Context): Knex.QueryBuilder {
  return context
    .db('users')
    .join('memberships', 'memberships.user_id', 'users.id')
    .where('memberships.account_id', accountOf(context))
    .select('users.*', 'memberships.role_ids', context.db.raw('null as token'));
}

export const resource: Resource<UserRow, unknown, string | undefined> = {
  async list(context, { page: { limit = 40, offset } }) {
    const { principal } = context;
    const seen = mine(context).modify((query) => {
      const everybody = principal.kind === 'open' || atLeast('owner', principal);
      if (!everybody) query.whereRaw(`not memberships.role_ids && '{1,2}'`);
    });
    const [{ count }] = await seen.clone().clearSelect().count({ count: '*' });
    const rows = await seen.orderBy('users.id').limit(limit).offset(offset);
    return { rows, count, limit, offset };
  },

  async member(context, { id }) {
    const user = await mine(context)
      .whereRaw('users.id::text = ?', [id ?? ''])
      .first();
    if (!user) throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
    return user;
  },

  async prepare(context, { body }, user) {
    checkSomebody(context, user, body as UserBody);
    const { password, password_confirmation, password_current } = body as UserBody;
    const fault = passwordFault(context, body as UserBody, user);
    if (user && password) await checkCurrentPassword(context, user, password_current);
    // A password that breaks the rules is not worth hashing: `create` and `update` refuse it.
    return password && !fault && password === password_confirmation ? hashPassword(password) : undefined;
  },

  async create(context, { body }, _parent, hashed) {
    const user = body as UserBody;
    const roleIds = checkRoles(user.roles_new ?? []);
    const missing = (['email', 'password'] as const).filter((name) => !user[name]);
    if (missing.length > 0) throw invalid(`Missing required values: ${missing.join(', ')}.`);

    const [row] = await saved(user, () =>
      context
        .db('users')
        .insert({ ...pick(user), password_hash: hashed ?? null } as Partial<User>)
        .returning('*'),
    );
    checkPasswords(context, user);
    checkEmail(user.email);
    checkUsername(user.username);
    const made = row as User;
    const accountId = accountOf(context);
    await context.db('memberships').insert({ account_id: accountId, user_id: made.id, role_ids: roleIds });
    await auditUser(context, undefined, { ...made, role_ids: roleIds });
    const token = await mintToken(context.house, context.db, made.id, accountId);
    return { ...made, role_ids: roleIds, token: await encodeToken(context.house, token.value, token.expires) };
  },

  async update(context, call, user, hashed) {
    const body = call.body as UserBody;
    const roleIds = body.role_ids ?? body.roles_new;
    if (roleIds) await checkRolesChange(context, user, checkRoles(roleIds));
    if (body.password) checkPasswords(context, body, user);
    if (body.email !== undefined) checkEmail(body.email);
    checkUsername(body.username);
    await checkShared(context, user, body);

    const changes = { ...pick(body), updated_at: context.db.fn.now() };
    const { id } = user;
    if (hashed) await setPassword(context, user, hashed);
    await saved(body, () => context.db('users').where({ id }).update(changes));
    if (roleIds) {
      const membership = { user_id: id, account_id: accountOf(context) };
      await context
        .db('memberships')
        .where(membership)
        .update({ role_ids: [...new Set(roleIds)].sort() });
    }
    const changed = await again(context, call);
    await auditUser(context, user, changed);
    return changed;
  },

  /** A user who belongs to another account too only leaves this one. Whatever acts in this account for them ends. */
  async delete(context, _call, user) {
    await checkRolesChange(context, user, []);
    await leave(context, user);
    return user;
  },
};

function again(context: Context, call: Call): Promise<UserRow> {
  return (resource.member as NonNullable<typeof resource.member>)(context, call, undefined);
}

/** The columns that the body writes. An avatar is two characters at most. */
function pick(body: UserBody): Partial<User> {
  const cut = body.avatar ? { ...body, avatar: [...body.avatar].slice(0, 2).join('') } : body;
  const picked = columns
    .filter((name) => cut[name] !== undefined)
    .map((name) => [name, cut[name]?.normalize('NFC') ?? null]);
  return { ...Object.fromEntries(picked), ...(cut.email !== undefined && emailColumns(cut.email)) };
}

/** Uniqueness is the database's: its index says which of the two is taken. */
async function saved<T>({ email, username }: UserBody, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (thrown) {
    const { constraint } = thrown as { constraint?: string };
    if (constraint === 'users_email_key') throw invalid(`Account with same email is already taken: ${email}.`);
    if (constraint === 'users_username_key') throw invalid(`Account with same username is already taken: ${username}.`);
    throw thrown;
  }
}

function checkUsername(username: string | null | undefined): void {
  const fault = username ? identifierFault(username) : undefined;
  if (fault) throw invalid(`Username is invalid: ${fault}`);
}

function checkEmail(email: string | undefined): void {
  const fault = identifierFault(email ?? '');
  // A space is Mage's to refuse, in its own words.
  if (fault && !/[\t-\r ]/.test(email ?? '')) throw invalid(`Email address is invalid: ${fault}`);
  if (isEmail(email ?? '')) return;
  const reason = { record: { key: 'email', value: email } };
  throw new Failure('invalid', 'Email address is invalid.', { reason });
}
