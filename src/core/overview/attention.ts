import { visible } from '../api_keys/managed.ts';
import { stateOf } from '../api_keys/state.ts';
import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { atLeast } from '../principal.ts';
import { accountOf } from '../rules.ts';

/** Something that somebody should look at. */
export interface Attention {
  kind: 'key_expires' | 'webhook_failing' | 'key_new_network' | 'key_unused';
  /** The id of what it is about, and what that is called. */
  subject: string;
  name: string;
  /** In words. */
  detail: string;
  at: string | null;
}

/** So much is shown at once. */
const most = 50;

/** What needs somebody, the most urgent first: of keys that the caller sees, and for admins of endpoints. */
export async function attention(context: Context): Promise<Attention[]> {
  const kinds = [expiring, ...(atLeast('admin', context.principal) ? [failing] : []), newNetworks, unused];
  const all: Attention[] = [];
  for (const kind of kinds) if (all.length < most) all.push(...(await kind(context)));
  return all.slice(0, most);
}

interface KeyRow {
  uuid: string;
  name: string;
  at: string;
  number: number;
  network: string;
}

const active = (context: Context) =>
  visible(context)
    .whereRaw(`${stateOf('k')} = 'active'`)
    .limit(most);
const keyNews = (kind: Attention['kind'], { uuid, name, at }: KeyRow, detail: string): Attention => ({
  ...{ kind, subject: idOf('key', uuid), name, detail, at },
});
const days = (count: number) => (count === 1 ? '1 day' : `${count} days`);

async function expiring(context: Context): Promise<Attention[]> {
  const rows: KeyRow[] = await active(context)
    .whereRaw(`k.expires_at < now() + interval '7 days'`)
    .select(context.db.raw('k.expires_at as at, ceil(extract(epoch from k.expires_at - now()) / 86400)::int as number'))
    .orderBy('k.expires_at');
  return rows.map((key) => keyNews('key_expires', key, `Ends within ${days(key.number)}.`));
}

async function unused(context: Context): Promise<Attention[]> {
  const rows: KeyRow[] = await active(context)
    .whereRaw(`coalesce(k.last_used_at, k.created_at) < now() - interval '90 days'`)
    .select(context.db.raw('k.last_used_at as at'))
    .orderByRaw('coalesce(k.last_used_at, k.created_at)');
  return rows.map((key) => keyNews('key_unused', key, 'Not used for 90 days.'));
}

/** A key that has been used before, and today from where it was not used before. */
async function newNetworks(context: Context): Promise<Attention[]> {
  const today = new Date().toISOString().slice(0, 10);
  const rows: KeyRow[] = await active(context)
    .joinRaw(
      `join lateral (
         select min(u.network) as network from usage_counts u
         where u.account_id = k.account_id and u.key_uuid = k.uuid and u.day = ?::date and u.network <> 'other'
           and not exists (
             select from usage_counts b where b.account_id = k.account_id and b.key_uuid = k.uuid and b.day < ?::date and b.network = u.network
           )
       ) seen on seen.network is not null`,
      [today, today],
    )
    .whereRaw(
      'exists (select from usage_counts b where b.account_id = k.account_id and b.key_uuid = k.uuid and b.day < ?::date)',
      [today],
    )
    .select(context.db.raw('seen.network, k.last_used_at as at'))
    .orderBy('k.id');
  return rows.map((key) => keyNews('key_new_network', key, `Used from ${key.network}, for the first time.`));
}

async function failing(context: Context): Promise<Attention[]> {
  const { rows } = await context.db.raw<{ rows: { id: string; url: string; status: number | null; at: string }[] }>(
    `select h.id, h.url, last.status, last.last_attempt_at as at from hooks h
     join lateral (
       select state, status, last_attempt_at from hook_deliveries d
       where d.hook_id = h.id and d.state <> 'waiting' order by d.created_at desc, d.id desc limit 1
     ) last on last.state = 'failed'
     where h.account_id = ? and h.enabled order by h.created_at limit ${most}`,
    [accountOf(context)],
  );
  return rows.map(({ id, url, status, at }) => ({
    ...{ kind: 'webhook_failing', subject: idOf('hook', id), name: new URL(url).host, at },
    detail: status === null ? 'The last delivery got no answer.' : `The last delivery was answered with ${status}.`,
  }));
}
