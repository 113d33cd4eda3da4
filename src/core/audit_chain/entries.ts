import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { writeJsonLine } from '../../contract/json.ts';
import { holderOf } from '../api_keys/index.ts';
import { keyById } from '../api_keys/managed.ts';
import type { Context } from '../context.ts';
import { idOf, uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { atLeast } from '../principal.ts';
import { accountOf, admin } from '../rules.ts';
import { checkLinks, linksOf, openAuditKeys } from './check.ts';
import { none } from './mac.ts';

/** What of the log is asked for. */
export interface AuditFilter {
  action?: string;
  user?: string;
  subject?: string;
  since?: string;
  until?: string;
}

interface Row {
  id: number;
  seq: number | null;
  at: string;
  action: string;
  subject: string | null;
  details: Record<string, unknown> | null;
  address: string | null;
  request_id: string | null;
  mac: Buffer | null;
  user_id: number | null;
  user_uuid: string | null;
  user_name: string | null;
  key_uuid: string | null;
}

const policy = { name: 'the audit log', policy: { action: { list: admin } } };

/** Throws `forbidden` for whoever may not look at the log of the account. */
function permit(context: Context): void {
  permitRow(policy, 'list', admit(policy, 'list', context), context, undefined);
}

function found(context: Context, { action, user, subject, since, until }: AuditFilter): Knex.QueryBuilder {
  const rows = context
    .db('audit_log as a')
    .leftJoin('users as u', 'u.id', 'a.user_id')
    .leftJoin('api_keys as k', 'k.id', 'a.api_key_id')
    .where('a.account_id', accountOf(context))
    .select(
      'a.id',
      'a.seq',
      'a.at',
      'a.action',
      'a.subject',
      'a.details',
      'a.address',
      'a.request_id',
      'a.mac',
      'a.user_id',
    )
    .select('u.uuid as user_uuid', 'k.uuid as key_uuid')
    .select(context.db.raw('coalesce(u.username, u.email) as user_name'));
  if (action !== undefined) rows.where('a.action', action);
  if (user !== undefined) rows.where('u.uuid', uuidOf('usr', user) ?? null);
  if (subject !== undefined) rows.where('a.subject', namedBy(subject));
  if (since !== undefined) rows.where('a.at', '>=', since);
  if (until !== undefined) rows.where('a.at', '<', until);
  return rows;
}

/** Subjects that are ids, by what happened to them: in the log they are uuids. */
const kinds: readonly [action: RegExp, kind: string][] = [
  [/^(key|webhook)_/, 'key'],
  [/^(user|email|username|password|roles)_/, 'usr'],
];
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function namedBy(subject: string): string {
  const [, kind = ''] = /^([a-z]+)_/.exec(subject) ?? [];
  return uuidOf(kind, subject) ?? subject;
}

function shown(row: Row) {
  const { id, seq, at, action, subject, details, address, request_id, mac, user_uuid, user_name, key_uuid } = row;
  const kind = kinds.find(([actions]) => actions.test(action))?.[1];
  return {
    id: String(id),
    sequence: seq,
    at,
    action,
    subject: kind && subject && uuid.test(subject) ? idOf(kind, subject) : subject,
    user: user_uuid && user_name ? { id: idOf('usr', user_uuid), name: user_name } : null,
    key: key_uuid && idOf('key', key_uuid),
    address,
    request_id,
    details,
    mac: mac?.toString('hex') ?? null,
  };
}

type Shown = ReturnType<typeof shown>;

const newest = { by: [['a.id', 'bigint']] as [column: string, cast: string][], descending: true };

/** A page of what happened in the account, the newest first. Throws `forbidden`, `invalid`. */
export async function auditPage(
  context: Context,
  filter: AuditFilter,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<Shown>> {
  permit(context);
  const asked = { ...page, list: 'audit', ...newest };
  const { rows, ...rest } = await keysetPage<Row>(context.house, found(context, filter), asked);
  return { ...rest, rows: rows.map(shown) };
}

/**
 * A page of what happened to a key and of what was done with it, the newest first, for whoever may look at the key. From where
 * others than the caller did it is for admins. Throws `not_found`, `invalid`.
 */
export async function auditOfKey(
  context: Context,
  id: string,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<Shown>> {
  const key = await keyById(context, id);
  const before = context.db('api_keys').where({ successor_id: key.id }).select(context.db.raw('uuid::text'));
  const entries = found(context, {}).where((either) =>
    either
      .where('a.subject', key.uuid)
      .orWhere('a.api_key_id', key.id)
      // That is when it was made, where it took the place of another.
      .orWhere((made) => made.where('a.action', 'key_rotated').whereIn('a.subject', before)),
  );
  const { rows, ...rest } = await keysetPage<Row>(context.house, entries, {
    ...page,
    list: `audit of ${id}`,
    ...newest,
  });
  const { userId } = holderOf(context);
  const isOpen = (row: Row) => atLeast('admin', context.principal) || row.user_id === userId;
  return { ...rest, rows: rows.map((row) => shown(isOpen(row) ? row : { ...row, address: null })) };
}

const batch = 1_000;

/** All of it as lines of JSON, the oldest first, read as it is sent. Throws `forbidden`. */
export function auditLines(context: Context, filter: AuditFilter): Readable {
  permit(context);
  return Readable.from(lines(context, filter));
}

async function* lines(context: Context, filter: AuditFilter): AsyncGenerator<string> {
  for (let last = 0, read = batch; read === batch; ) {
    const rows: Row[] = await found(context, filter).where('a.id', '>', last).orderBy('a.id').limit(batch);
    if (rows.length > 0) yield `${rows.map((row) => writeJsonLine(utc(shown(row)))).join('\n')}\n`;
    read = rows.length;
    last = rows.at(-1)?.id ?? last;
  }
}

const utc = (entry: Shown) => ({ ...entry, at: new Date(entry.at).toISOString() });

/** The newest link of the account's chain, and whether it and those before it hold, as far as one looks. Throws `forbidden`. */
export async function auditHead(context: Context) {
  permit(context);
  const { db, house } = context;
  const account = accountOf(context);
  const head = await db('audit_heads').where({ account_id: account }).first();
  const sequence = head?.seq ?? 0;
  const links = await linksOf(db, account, Math.max(0, sequence - batch - 1), batch + 1);
  // The first is only what the second is held against, unless the chain begins with it.
  const from = links[0]?.seq === 1 ? { seq: 0, mac: none } : (links.shift() ?? { seq: 0, mac: none });
  const looked = links.filter(({ seq }) => seq <= sequence);
  const { breaks, end } = checkLinks(looked, from, await openAuditKeys(db, house.installation.seal));
  const verified = breaks.length === 0 && end.seq === sequence && (head?.mac?.equals(end.mac) ?? true);
  return {
    account: `acc_${account}`,
    sequence,
    mac: head?.mac?.toString('hex') ?? null,
    verified,
    checked: looked.length,
  };
}
