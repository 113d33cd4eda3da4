import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { checkPassword, hashPassword } from '../credentials/password_hash.ts';
import { emailColumns } from '../names.ts';
import { setPassword } from '../sign_in/new_password.ts';
import { columnsOf, passwordFaultOf, taken } from '../users/change_own.ts';
import { auditUser } from '../users/user_audit.ts';
import { type HeldLink, linkOf } from './one_time_link.ts';

/** What is sent with a link: a password, and of somebody new what they are called. */
export interface Redeeming {
  code: string;
  password: string;
  username?: string;
  first_name?: string;
  last_name?: string;
}

const gone = () => new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });

/** The link of a code. Codes that open nothing count as wrong passwords of their address do. Throws `not_found`, `too_many`. */
export async function heldLink({ db, house, asker }: Context, code: string): Promise<HeldLink> {
  let found: HeldLink | undefined;
  const check = async () => {
    found = await linkOf(db, code);
    return found !== undefined;
  };
  await house.limits.attempt(`link ${code}`, asker.address, check);
  if (!found) throw gone();
  return found;
}

/**
 * Uses a link up: sets a password, or has somebody join the account. It signs nobody in, and a mistake in what was sent leaves
 * it as it was. Throws `not_found` for one that opens nothing, `invalid` by field, `conflict`, `too_many`.
 */
export async function redeem(context: Context, { code, password, ...profile }: Redeeming): Promise<HeldLink> {
  const link = await heldLink(context, code);
  const { db } = context;
  const user = (await db('users')
    .where((one) =>
      link.user_id === null ? one.whereRaw('lower(email) = ?', [link.email]) : one.where({ id: link.user_id }),
    )
    .first()) as User | undefined;
  if (link.kind === 'invitation' && user) await checkOwner(context, user, password);
  const isNew = link.kind !== 'invitation' || !user;
  const names = user ? {} : columnsOf(profile);
  const fault = isNew && passwordFaultOf(context, password, [link.email, user?.username, profile.username]);
  if (fault) throw wrong(fault);
  const hash = isNew ? await hashPassword(password) : '';
  await db.transaction(async (trx) => {
    const within = { ...context, db: trx };
    // Of two at once, one finds it.
    if ((await trx('one_time_links').where({ id: link.id, hash: link.hash }).delete()) === 0) throw gone();
    if (link.kind === 'invitation') return join(within, link, user ?? (await makeUser(within, link, names, hash)));
    await setPassword(within, user as User, hash, { whose: whose(link, user as User) });
  });
  return link;
}

/** Whoever has the link of an address that a user has is not yet that user. */
async function checkOwner({ house, asker }: Context, user: User, password: string): Promise<void> {
  const check = () => checkPassword(password, user.password_hash);
  if (await house.limits.attempt(user.email, asker.address, check)) return;
  throw wrong('This address has a user already: send the password that it has.');
}

async function makeUser(context: Context, link: HeldLink, names: Partial<User>, password_hash: string): Promise<User> {
  const row = { ...names, ...emailColumns(link.email), password_hash };
  const [made] = await context.db('users').insert(row).returning('*').catch(taken);
  await auditUser(context, undefined, { ...(made as User), role_ids: [] }, whose(link, made as User));
  return made as User;
}

async function join(context: Context, link: HeldLink, user: User): Promise<void> {
  const role_ids = [link.role_id as number];
  const row = { account_id: link.account_id, user_id: user.id, role_ids };
  const [joined] = await context.db('memberships').insert(row).onConflict().ignore().returning('user_id');
  if (!joined) throw new Failure('conflict', 'You are a member already.');
  await audit(context, 'member_joined', user.uuid, whose(link, user), { email: user.email, role_ids });
}

const whose = (link: HeldLink, user: User) => ({ user_id: user.id, account_id: link.account_id });

function wrong(sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { password: [sentence] } });
}
