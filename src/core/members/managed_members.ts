import { Failure } from '../../contract/failure.ts';
import { stateOf } from '../api_keys/state.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { accountOf } from '../rules.ts';
import { needRole } from './ranks.ts';

/** Somebody of the account. */
export interface Member {
  user_id: number;
  uuid: string;
  name: string;
  email: string;
  username: string | null;
  role_ids: number[];
  disabled_at: string | null;
  /** How many of their keys of the account are active. */
  keys: number;
  created_at: string;
  last_sign_in_at: string | null;
}

/** Members of the account, each with a name to be called by. Throws `forbidden` for whoever has no role in it. */
function members(context: Context) {
  const { db } = context;
  needRole('viewer', context);
  const keys = db('api_keys as k')
    .whereRaw(`k.user_id = u.id and k.account_id = m.account_id and ${stateOf('k')} = 'active'`)
    .count();
  const all = db('memberships as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where('m.account_id', accountOf(context))
    .select(
      ...['m.user_id', 'm.role_ids', 'm.disabled_at', 'm.created_at'],
      ...['u.uuid', 'u.email', 'u.username', 'u.last_sign_in_at'],
      db.raw(`coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username, u.email) as name`),
      keys.as('keys'),
    );
  return db.from(db.from(all.as('n')).select('n.*', db.raw('lower(n.name) as sorted')).as('m'));
}

/** A page of the members, by name. `query`: what their name, username or address contains. */
export async function pageOfMembers(
  context: Context,
  query: string | undefined,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<Member>> {
  const found = members(context);
  if (query !== undefined) {
    const text = query.normalize('NFC');
    found.whereRaw(`strpos(lower(concat_ws(chr(10), m.name, m.username, m.email)), lower(?)) > 0`, [text]);
  }
  const by = [
    ['m.sorted', 'text'],
    ['m.uuid', 'uuid'],
  ] as const;
  return keysetPage<Member>(context.house, found, { ...page, list: 'members', by: by as never, descending: false });
}

/** One member. Throws `not_found`. */
export async function memberById(context: Context, id: string): Promise<Member> {
  const uuid = uuidOf('usr', id);
  const member = uuid && ((await members(context).where('m.uuid', uuid).first()) as Member | undefined);
  if (member) return member;
  throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
}
