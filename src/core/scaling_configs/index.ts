import type { ScalingConfig } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Order, orderOf, pageOf } from '../page.ts';
import { accountOf, admin, each, editor, hidden, viewer } from '../rules.ts';

interface Body {
  name?: string;
  type?: string;
  args?: { windows?: { weight: number }[] };
  minimum_nodes?: number;
  maximum_nodes?: number;
}

const shown = [
  'public_id',
  'name',
  'type',
  'args',
  'minimum_nodes',
  'maximum_nodes',
  'created_at',
  'updated_at',
] as const;
const written = ['type', 'args', 'minimum_nodes', 'maximum_nodes'] as const;
const mine = (context: Context) => context.db('scaling_configs').where('account_id', accountOf(context));

/** How many machines a pipeline may have, and when. Each is known by its name, as it was given. */
export const scalingConfigs: Endpoint<ScalingConfig> = {
  name: 'scaling_configs',

  resource: {
    async list(context, { query, page: { limit = 20, offset, order } }) {
      const found = mine(context);
      if (query.name !== undefined) found.where({ name: String(query.name) });
      const [by, direction] = orderOf(order[0] ?? 'created_at:desc', ['created_at', 'updated_at']);
      const ordered: Order[] = [
        [by, direction],
        ['id', direction],
      ];
      return pageOf(found, ordered, { limit, offset });
    },

    async member(context, { id = '' }) {
      const config = await mine(context).where({ name: id }).first();
      if (config) return config;
      throw new Failure('not_found', 'Scaling config not found', { reason: { missing: 'record' } });
    },

    async create(context, { body }) {
      const { name = '', ...values } = checked(body as Body);
      const row = { ...stored(values), name, account_id: accountOf(context) };
      const query = context.db('scaling_configs').insert(row).onConflict(['account_id', 'name']).ignore();
      const [made] = await query.returning('*').catch(tooFew);
      if (made) return made;
      const sentence = `Scaling config ${name} already exists`;
      throw new Failure('conflict', sentence, { fields: { name: [sentence] } });
    },

    async update(context, { body }: Call, { id }) {
      const changes = { ...stored(checked(body as Body)), updated_at: context.db.fn.now() as unknown as string };
      const query = context.db('scaling_configs').where({ id }).update(changes);
      const [row] = await query.returning('*').catch(tooFew);
      return row as ScalingConfig;
    },

    async delete({ db }, _call, config) {
      await db('scaling_configs').where({ id: config.id }).delete();
      return config;
    },
  },

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: admin },
    read: { ...each(shown, viewer), ...each(['id', 'account_id'], hidden) },
    write: { name: { create: editor }, ...each(written, editor) },
    query: { name: { list: viewer } },
  },

  presenter: { default: shown },
  collect: {},
};

/** The id of the caller's scaling configuration of this name. Throws `invalid`. */
export async function scalingConfigId(context: Context, name: string): Promise<number> {
  const config = await mine(context).where({ name }).first('id');
  if (config) return config.id;
  throw wrong('scaling_config', 'Scaling config not found');
}

function checked(body: Body): Body {
  const windows = body.args?.windows;
  const sum = windows?.reduce((total, { weight }) => total + weight, 0);
  if (sum === undefined || Math.abs(sum - 1) < 1e-6) return body;
  throw wrong('args', 'The weights of the windows must sum to 1');
}

/** The arguments as the text that the column keeps. */
function stored<Values extends Body>({ args, ...values }: Values) {
  return { ...values, ...(args && { args: storedJson(args) }) };
}

const tooFew = (thrown: { constraint?: string }): never => {
  if (thrown.constraint !== 'scaling_configs_nodes') throw thrown;
  throw wrong('maximum_nodes', 'maximum_nodes must not be less than minimum_nodes');
};

function wrong(parameter: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [parameter]: [sentence] } });
}
