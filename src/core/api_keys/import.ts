import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { Failure, type Fault } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { digest, longDigest } from '../credentials/digest.ts';
import { idOf, uuidOf } from '../ids.ts';
import { canonicalEmail } from '../names.ts';
import { admit, permitRow } from '../policy.ts';
import { atLeast, roles } from '../principal.ts';
import { accountOf, admin } from '../rules.ts';
import { needFresh } from '../sign_in/fresh.ts';
import { checkBounds, type GivenBounds } from './bounds.ts';
import { checkedName } from './index.ts';
import { storedMetadata } from './new_bounds.ts';

/** One key of another system. */
export interface Line extends GivenBounds {
  /** `sha256:` or `sha512:`, and the digest in lower-case hex. */
  hash: string;
  name: string;
  /** An id, an e-mail address or a username. */
  user: string;
  display?: string;
  metadata?: object;
}

const policy = { name: 'imported keys', policy: { action: { create: admin } } };

const here = 'A key with this hash is here already.';
const nobody = 'Nobody in the account is called so.';
const above = 'Their role is above yours.';
const whole = 'This is the whole key: give its beginning.';

/**
 * Takes over keys by their hashes, all or none. Throws `forbidden` for whoever may not, and `invalid` with a fault for each
 * line that cannot be taken: for a hash that is here, of whichever account, and for one that stands twice, the same.
 */
export async function importKeys(context: Context, lines: readonly Line[]) {
  permitRow(policy, 'create', admit(policy, 'create', context), context, undefined);
  needFresh(context);
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const users = await usersOf(within, lines);
    const known = await hashesOf(db, lines);
    const faults: Fault[] = [];
    const rows = lines.map((line, index) => {
      const wrong = (field: string, message: string) =>
        faults.push({ path: ['body', String(index), field], keyword: 'import', message });
      const user = users.get(spelled(line.user));
      if (!user) wrong('user', nobody);
      else if (user.isAbove) wrong('user', above);
      if (known.has(line.hash)) wrong('hash', here);
      known.add(line.hash);
      if (line.display !== undefined && hexOf(line.display, line.hash)) wrong('display', whole);
      return { ...columnsOf(line, wrong), user_id: user?.id };
    });
    if (faults.length > 0) throw refused(faults);
    const ids = await insert(within, rows);
    const { importedKeys } = context.house.installation;
    importedKeys.any = true;
    importedKeys.sha512 ||= lines.some(({ hash }) => hash.startsWith('sha512:'));
    return {
      imported: ids.length,
      lines: ids.map((id, index) => ({ line: index + 1, id: idOf('key', id), errors: {} })),
    };
  });
}

const hex = (hash: string) => hash.slice('sha256:'.length);

/** Whether this is the text whose digest that is. */
function hexOf(text: string, hash: string): boolean {
  return (hash.startsWith('sha512:') ? longDigest : digest)(text).toString('hex') === hex(hash);
}

function refused(faults: Fault[]): Failure {
  const [{ path = [], message = '' } = {}] = faults;
  return new Failure('invalid', `Line ${Number(path[1]) + 1}: ${message}`, { reason: { faults } });
}

/** What of a line goes into columns; `wrong` hears what does not. */
function columnsOf(line: Line, wrong: (field: string, message: string) => void) {
  const {
    hash,
    name,
    display,
    scopes = ['*'],
    addresses = [],
    limits = [],
    credits,
    expires_at = null,
    metadata = {},
  } = line;
  const attempt = <Result>(field: string, work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      const fields = Object.entries(thrown.fields ?? { [field]: [thrown.message] });
      for (const [its, sentences] of fields) for (const sentence of sentences) wrong(its, sentence);
      return undefined;
    }
  };
  attempt('bounds', () => checkBounds(line));
  return {
    uuid: randomUUID(),
    hash: hex(hash),
    prefix: display?.replace(/\.+$/, '') || hash.slice(0, 'sha256:'.length + 8),
    name: attempt('name', () => checkedName(name)),
    scopes,
    addresses,
    limits: JSON.stringify(limits),
    refill: credits?.refill ? JSON.stringify(credits.refill) : null,
    credits: credits?.remaining ?? null,
    counted: limits.length > 0 || Boolean(credits),
    expires_at,
    metadata: attempt('metadata', () => storedMetadata(metadata)),
  };
}

type Row = ReturnType<typeof columnsOf> & { user_id: number | undefined };

const spelled = (user: string) => (user.includes('@') ? canonicalEmail(user) : user.normalize('NFC'));

/** The members of the account that lines name, by the names that they use. */
async function usersOf(context: Context, lines: readonly Line[]) {
  const names = [...new Set(lines.map(({ user }) => spelled(user)))];
  const uuids = names.flatMap((name) => uuidOf('usr', name) ?? []);
  const found = await context
    .db('users as u')
    .join('memberships as m', 'm.user_id', 'u.id')
    .where('m.account_id', accountOf(context))
    .where((one) => void one.whereIn('u.email', names).orWhereIn('u.username', names).orWhereIn('u.uuid', uuids))
    .select('u.id', 'u.uuid', 'u.email', 'u.username', 'm.role_ids');
  const known = new Map<string, { id: number; isAbove: boolean }>();
  for (const { id, uuid, email, username, role_ids } of found) {
    const role = roles[Math.min(...role_ids) - 1];
    const user = { id, isAbove: role !== undefined && !atLeast(role, context.principal) };
    for (const name of [email, username, idOf('usr', uuid)]) if (name) known.set(name, user);
  }
  return known;
}

/** Those of their hashes that are here. */
async function hashesOf(db: Knex, lines: readonly Line[]): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { hash: string }[] }>(
    `select encode(hash, 'hex') as hash from api_keys where hash in (select decode(unnest(?::text[]), 'hex'))`,
    [lines.map(({ hash }) => hex(hash)) as never],
  );
  const here = new Set(rows.map(({ hash }) => hash));
  return new Set(lines.map(({ hash }) => hash).filter((hash) => here.has(hex(hash))));
}

/** Writes the rows, in their order; their uuids. Throws `invalid` for those that somebody else has written in the meantime. */
async function insert(context: Context, rows: readonly Row[]): Promise<string[]> {
  const { db } = context;
  const counted = rows.filter((row) => row.counted);
  const counters = await db.raw<{ rows: { id: number }[] }>(
    'insert into key_counters (credits) select unnest(?::int[]) returning id',
    [counted.map(({ credits }) => credits) as never],
  );
  const counterOf = new Map(counted.map((row, index) => [row, counters.rows[index]?.id]));
  const given = rows.map((row) => ({ ...row, counter_id: counterOf.get(row) ?? null }));
  const made = await db.raw<{ rows: { uuid: string }[] }>(
    `insert into api_keys (uuid, hash, prefix, name, account_id, user_id, expires_at, scopes, addresses, limits, refill, metadata,
       counter_id, imported)
     select uuid, decode(hash, 'hex'), prefix, name, ?, user_id, expires_at, scopes, addresses, limits::jsonb, refill::jsonb,
       metadata::jsonb, counter_id, true
     from jsonb_to_recordset(?::jsonb) as line (uuid uuid, hash text, prefix text, name text, user_id int, expires_at timestamptz,
       scopes text[], addresses text[], limits text, refill text, metadata text, counter_id int)
     on conflict (hash) do nothing returning uuid`,
    [accountOf(context), JSON.stringify(given)],
  );
  const written = new Set(made.rows.map(({ uuid }) => uuid));
  const lost = rows.flatMap(({ uuid }, index) => (written.has(uuid) ? [] : [String(index)]));
  if (lost.length > 0)
    throw refused(lost.map((index) => ({ path: ['body', index, 'hash'], keyword: 'import', message: here })));
  for (const { uuid } of rows) await audit(context, 'key_imported', uuid);
  return rows.map(({ uuid }) => uuid);
}
