import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { OneTimeLink } from '../../../generated/tables.ts';
import { digest } from '../credentials/digest.ts';

/** What a link is for. */
export type LinkKind = 'first_password' | 'invitation' | 'password_reset';

/** What its secret begins with, so that whoever finds one knows what it is. */
const prefixes: Record<LinkKind, string> = { first_password: 'fst_', invitation: 'inv_', password_reset: 'res_' };

/** For whom a link is made: a user, or an address and a role that it is invited into. */
export type NewLink = { account_id: number; email: string; made_by: number | null } & (
  | { kind: 'invitation'; role_id: number }
  | { kind: 'first_password' | 'password_reset'; user_id: number }
);

/** A link that may be used, with what is to be known of it. */
export interface HeldLink extends OneTimeLink {
  kind: LinkKind;
  account_name: string;
}

/** Makes a link for 24 hours, in the place of the one before: gives its row, and its code, which is kept nowhere. */
export async function makeLink(db: Knex, link: NewLink): Promise<{ link: OneTimeLink; code: string }> {
  const code = newCode(link.kind);
  const now = db.fn.now();
  const row = {
    ...{ user_id: null, role_id: null, ...link },
    ...{ id: randomUUID(), hash: digest(code), created_at: now },
    expires_at: db.raw(`now() + interval '24 hours'`) as unknown as string,
  };
  const target =
    row.user_id === null ? '(account_id, email) where user_id is null' : '(user_id) where user_id is not null';
  const [made] = await db('one_time_links').insert(row).onConflict(db.raw(target)).merge().returning('*');
  return { link: made as OneTimeLink, code };
}

/**
 * The link with which the first owner chooses a password; undefined where there is no owner, or, for the `isFirst` one, where
 * the owner has a password.
 */
export async function ownerLink(db: Knex, { isFirst = false } = {}): Promise<{ code: string } | undefined> {
  const owner = await db('users as u')
    .join('memberships as m', 'm.user_id', 'u.id')
    .whereRaw('1 = any(m.role_ids) and m.disabled_at is null')
    .orderBy(['m.account_id', 'u.id'])
    .first('u.id as user_id', 'u.email', 'm.account_id', 'u.password_hash');
  if (!owner || (isFirst && owner.password_hash !== null)) return undefined;
  const { user_id, email, account_id } = owner;
  return makeLink(db, { kind: 'first_password', made_by: null, user_id, email, account_id });
}

/** Gives a link that is there another code, for the mail that goes out now; undefined where it is gone. */
export async function freshCode(db: Knex, id: string): Promise<{ link: HeldLink; code: string } | undefined> {
  const link = await holding(db).where('l.id', id).first();
  if (!link) return undefined;
  const code = newCode(link.kind);
  const changed = await db('one_time_links')
    .where({ id, hash: link.hash })
    .update({ hash: digest(code) });
  return changed > 0 ? { link, code } : undefined;
}

const newCode = (kind: LinkKind) => `${prefixes[kind]}${randomBytes(32).toString('base64url')}`;

/** The address that a link has; the code is behind the `#`, which no browser sends to any server. */
export function linkAddress(origin: string, code: string): string {
  return `${origin}/welcome#${code}`;
}

const rank = (roleIds: string) => `(select min(role) from unnest(${roleIds}) role)`;

/**
 * The links `l` that may be used: not over, for the address that the user has now, and made by somebody who may still make
 * them: an admin or an owner of the account, not below the role of whom it is for.
 */
export function holding(db: Knex): Knex.QueryBuilder {
  return db('one_time_links as l')
    .join('accounts as a', 'a.id', 'l.account_id')
    .leftJoin('users as u', 'u.id', 'l.user_id')
    .leftJoin('memberships as target', (on) =>
      on.on('target.user_id', 'l.user_id').andOn('target.account_id', 'l.account_id'),
    )
    .leftJoin('memberships as maker', (on) =>
      on.on('maker.user_id', 'l.made_by').andOn('maker.account_id', 'l.account_id').andOnNull('maker.disabled_at'),
    )
    .whereRaw('l.expires_at > now() and (u.id is null or u.email = l.email)')
    .whereRaw(`(l.made_by is null or ${rank('maker.role_ids')} <= least(2, l.role_id, ${rank('target.role_ids')}))`)
    .select('l.*', 'a.name as account_name');
}

/** The link that a code opens, if any. */
export async function linkOf(db: Knex, code: string): Promise<HeldLink | undefined> {
  return (await holding(db).where('l.hash', digest(code)).first()) as HeldLink | undefined;
}
