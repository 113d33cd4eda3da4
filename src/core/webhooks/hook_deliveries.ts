import type { Knex } from 'knex';
import type { HookDelivery } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Action, Context } from '../context.ts';
import { idOf, uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf } from '../rules.ts';
import { messageHeaders } from './hook_secret.ts';
import { hookById, hooks } from './hooks.ts';
import { enqueue } from './tell_hooks.ts';
import { flagsOfHook } from './turns.ts';

/** What was sent to an endpoint, the newest first. Throws `not_found`, `forbidden`, and `invalid` for a cursor that is none. */
export async function pageOfDeliveries(
  context: Context,
  hookId: string,
  { state }: { state?: string },
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<HookDelivery>> {
  permit(context, 'list');
  const { id } = await hookById(context, hookId);
  const found = mine(context).where('d.hook_id', id);
  if (state) found.where('d.state', state);
  const by: [string, string][] = [
    ['d.created_at', 'timestamptz'],
    ['d.id', 'uuid'],
  ];
  return keysetPage<HookDelivery>(context.house, found, { ...page, list: `deliveries ${id}`, by, descending: true });
}

/** One of them. Throws `not_found`, `forbidden`. */
export async function deliveryById(context: Context, id: string): Promise<HookDelivery> {
  permit(context, 'detail');
  const uuid = uuidOf('dlv', id);
  const delivery = uuid && ((await mine(context).where('d.id', uuid).first()) as HookDelivery | undefined);
  if (delivery) return delivery;
  throw new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
}

/** Sends the same bytes once more, as a delivery of its own. Throws `conflict` where the endpoint is switched off. */
export async function replayDelivery(context: Context, id: string): Promise<HookDelivery> {
  permit(context, 'update');
  const { hook_id, message, event, body } = await deliveryById(context, id);
  return context.db.transaction(async (db) => {
    const hook = await db('hooks').where({ id: hook_id, enabled: true }).forShare().first('id', 'account_id', 'url');
    if (!hook) throw new Failure('conflict', 'The endpoint is switched off: nothing is sent there.');
    const [made] = await db('hook_deliveries').insert({ hook_id, message, event, body }).returning('*');
    await enqueue({ db }, { id: String(made?.id), attempt: 1 }, flagsOfHook(hook));
    return made as HookDelivery;
  });
}

/** What was sent last: the signature alone is left out, as whoever has it may send the message themselves. */
export function sentHeaders({ message, last_attempt_at }: HookDelivery): Record<string, string> {
  const timestamp = Math.floor(Date.parse(last_attempt_at ?? '') / 1000);
  const { 'webhook-timestamp': at, ...headers } = messageHeaders({ id: idOf('msg', message), timestamp });
  return last_attempt_at === null ? headers : { ...headers, 'webhook-timestamp': String(at) };
}

const mine = ({ db, ...context }: Context): Knex.QueryBuilder =>
  db('hook_deliveries as d')
    .join('hooks as h', 'h.id', 'd.hook_id')
    .where('h.account_id', accountOf({ db, ...context }))
    .select('d.*');

function permit(context: Context, action: Action): void {
  permitRow(hooks, action, admit(hooks, action, context), context, undefined);
}
