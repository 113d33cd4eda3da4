import type { components } from '../../../generated/latchkey.ts';
import type { HookDelivery } from '../../../generated/tables.ts';
import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { idOf } from '../../core/ids.ts';
import { deliveryById, pageOfDeliveries, replayDelivery, sentHeaders } from '../../core/webhooks/hook_deliveries.ts';
import { hooks, pageOfHooks, rotateHookSecret, type ShownHook } from '../../core/webhooks/hooks.ts';

type Schemas = components['schemas'];
type Asked = Call<unknown, unknown>;
type Asking<Query> = Call<Query, unknown>;

/** Endpoints for events, and what became of each. */
export const webhookHandlers = {
  async listWebhooks(context: Context, { page: { limit = 20, cursor } }: Asked) {
    const page = await pageOfHooks(context, { limit, cursor });
    return { ...page, rows: page.rows.map(shown) };
  },
  createWebhook: async (context: Context, call: Asked) => withSecret(await act(hooks, 'create')(context, call as Call)),
  getWebhook: async (context: Context, call: Asked) => shown(await act(hooks, 'detail')(context, call as Call)),
  updateWebhook: async (context: Context, call: Asked) =>
    shown(await act(hooks, 'update')(shownIn(context), call as Call)),
  async deleteWebhook(context: Context, call: Asked): Promise<undefined> {
    await act(hooks, 'delete')(shownIn(context), call as Call);
  },
  rotateWebhookSecret: async (context: Context, { id = '' }: Asked) => withSecret(await rotateHookSecret(context, id)),

  async listDeliveries(
    context: Context,
    { id = '', query, page: { limit = 20, cursor } }: Asking<{ state?: Schemas['DeliveryState'] }>,
  ) {
    const page = await pageOfDeliveries(context, id, query, { limit, cursor });
    return { ...page, rows: page.rows.map(delivery) };
  },
  async getDelivery(context: Context, { id = '' }: Asked) {
    const found = await deliveryById(context, id);
    const { attempts, status, answer: body, error } = found;
    const request = { headers: sentHeaders(found), body: found.body };
    return { ...delivery(found), request, answer: attempts === 0 ? null : { status, body, error } };
  },
  replayDelivery: async (context: Context, { id = '' }: Asked) => delivery(await replayDelivery(context, id)),
};

/** What a precondition is asked of is what detail shows. */
function shownIn(context: Context): Context {
  const { precondition } = context;
  return precondition ? { ...context, precondition: (row) => precondition(shown(row as ShownHook)) } : context;
}

function shown({ id, url, events, description, enabled, created_at, updated_at }: ShownHook) {
  return {
    id: idOf('hook', id),
    url,
    events: events as Schemas['Events'],
    description,
    enabled,
    created_at,
    updated_at,
  };
}

const withSecret = (hook: ShownHook) => ({ secret: hook.shown_secret, ...shown(hook) });

function delivery({ id, hook_id, event, state, attempts, status, created_at, ...row }: HookDelivery) {
  return {
    ...{ id: idOf('dlv', id), webhook: idOf('hook', hook_id), event, state: state as Schemas['DeliveryState'] },
    ...{ attempts, status, created_at, last_attempt_at: row.last_attempt_at, next_attempt_at: row.next_attempt_at },
  };
}
