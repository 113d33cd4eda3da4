import type { Hook } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Call, Context } from '../context.ts';
import { type Endpoint, show } from '../endpoint.ts';
import { idOf, uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf, admin, each, hidden } from '../rules.ts';
import { placeOf } from '../sealing/rows.ts';
import { checkUrl } from './check_url.ts';
import { makeHookSecret } from './hook_secret.ts';

interface Extra {
  /** In clear. Shown where it has just been made. */
  shown_secret: string;
}

/** An endpoint as it is shown; its secret only where it was just made. */
export type ShownHook = Hook & Extra;

const shown = ['id', 'url', 'events', 'description', 'enabled', 'created_at', 'updated_at'] as const;

interface Fields {
  url?: string;
  events?: string[];
  description?: string | null;
  enabled?: boolean;
}

/** How long the secret before a new one signs as well. */
const grace = `interval '24 hours'`;

const mine = (context: Context) => context.db('hooks').where('hooks.account_id', accountOf(context));

/** The endpoints of an account, for its admins: they hear of everybody's keys. */
export const hooks: Endpoint<Hook, Extra> = {
  name: 'webhooks',
  resource: {
    member: (context, { id = '' }) => hookById(context, id),
    lock: async ({ db }, { id }) => void (await db('hooks').where({ id }).forUpdate().first('id')),
    prepare: async (context, { body }) => checkUrl(context, (body as Fields).url),

    async create(context, { body }) {
      const { url, events, description = null, enabled } = body as unknown as Fields & { url: string };
      const id = crypto.randomUUID();
      const secret = context.house.installation.seal.seal(makeHookSecret(), placeOf.hook(id));
      const values = { id, account_id: accountOf(context), url, description, secret };
      const [hook] = await context
        .db('hooks')
        .insert({ ...values, events: [...new Set(events)], ...(enabled !== undefined && { enabled }) })
        .returning('*');
      await audit(context, 'webhook_set', idOf('hook', id), undefined, { host: new URL(url).host });
      return hook as Hook;
    },

    async update(context, { body }, { id }) {
      const { events, ...changes } = body as Fields;
      const [hook] = await context
        .db('hooks')
        .where({ id })
        .update({
          ...changes,
          ...(events && { events: [...new Set(events)] }),
          updated_at: context.db.fn.now() as never,
        })
        .returning('*');
      if (!hook) throw missing();
      await audit(context, 'webhook_set', idOf('hook', id), undefined, {
        ...{ host: new URL(hook.url).host, enabled: hook.enabled },
      });
      return hook as Hook;
    },

    async delete(context, _call, hook) {
      await context.db('hooks').where({ id: hook.id }).delete();
      await audit(context, 'webhook_cleared', idOf('hook', hook.id));
      return hook;
    },
  },
  policy: {
    action: { list: admin, detail: admin, create: admin, update: admin, delete: admin },
    read: {
      ...each([...shown, 'shown_secret'] as const, admin),
      ...each(['account_id', 'secret', 'old_secret', 'old_secret_until'] as const, hidden),
    },
    write: each(['url', 'events', 'description', 'enabled'], admin),
    query: {},
  },
  presenter: { default: shown, create: ['shown_secret', ...shown] },
  collect: {
    shown_secret: ({ house }, rows) =>
      rows.map(({ id, secret }) => house.installation.seal.open(secret, placeOf.hook(id))),
  },
};

const nothing: Call = { query: {}, body: {}, page: { offset: 0, order: [] } };

/** A page of them, the newest first. Throws `invalid` for a cursor that is none, `forbidden`. */
export async function pageOfHooks(
  context: Context,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<ShownHook>> {
  permitRow(hooks, 'list', admit(hooks, 'list', context), context, undefined);
  const by: [string, string][] = [
    ['hooks.created_at', 'timestamptz'],
    ['hooks.id', 'uuid'],
  ];
  const wanted = { ...page, list: 'webhooks', by, descending: true };
  const { rows, ...rest } = await keysetPage<Hook>(context.house, mine(context).select('hooks.*'), wanted);
  return { ...rest, rows: await show(hooks, 'list', context, rows, nothing) };
}

/** Gives an endpoint a new secret; the one before signs as well for a day. Throws `not_found`, `forbidden`. */
export async function rotateHookSecret(context: Context, id: string): Promise<ShownHook> {
  const rule = admit(hooks, 'update', context);
  const found = await hookById(context, id);
  permitRow(hooks, 'update', rule, context, found);
  const { house } = context;
  const secret = house.installation.seal.seal(makeHookSecret(), placeOf.hook(found.id));
  return context.db.transaction(async (db) => {
    const old = { old_secret: db.raw('secret'), old_secret_until: db.raw(`now() + ${grace}`) };
    const [hook] = await db('hooks')
      .where({ id: found.id })
      .update({ ...old, secret, updated_at: db.fn.now() } as never)
      .returning('*');
    if (!hook) throw missing();
    const within = { ...context, db };
    await audit(within, 'webhook_secret_rotated', idOf('hook', found.id));
    const [one] = await show(hooks, 'create', within, [hook as Hook], nothing);
    return one as ShownHook;
  });
}

/** One endpoint of the caller's account. Throws `not_found`. */
export async function hookById(context: Context, id: string): Promise<Hook> {
  const uuid = uuidOf('hook', id);
  const hook = uuid && (await mine(context).where({ id: uuid }).first());
  if (hook) return hook;
  throw missing();
}

const missing = () => new Failure('not_found', 'Not found.', { reason: { missing: 'record' } });
