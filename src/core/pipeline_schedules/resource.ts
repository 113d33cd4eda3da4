import type { Knex } from 'knex';
import type { PipelineSchedule } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import type { Resource } from '../endpoint.ts';
import { cancelRuns } from '../pipeline_runs/change_run.ts';
import { wake } from '../pipeline_runs/row.ts';
import { type PipelineRow, type PipelineTrigger, pipelineOf } from '../pipelines/index.ts';
import { filterTags, texts } from '../pipelines/list.ts';
import { unique } from '../pipelines/row.ts';
import { atLeast } from '../principal.ts';
import { accountOf } from '../rules.ts';
import { checkInterval, checkStart } from './interval.ts';
import { makeToken, setToken } from './trigger_token.ts';

/** A trigger, with the identifier of its pipeline. */
export interface ScheduleRow extends Omit<PipelineSchedule, 'schedule_type' | 'settings' | 'status' | 'variables'> {
  pipeline_uuid: string;
  schedule_type: PipelineTrigger['schedule_type'];
  status: PipelineTrigger['status'];
  settings: Record<string, unknown> | null;
  variables: Record<string, unknown> | null;
}

interface ScheduleBody extends Partial<Omit<ScheduleRow, 'id' | 'pipeline_id' | 'pipeline_uuid'>> {
  rotate_token?: unknown;
}

/** What an editor writes when a trigger is made. */
const created = [
  'description',
  'name',
  'schedule_interval',
  'schedule_type',
  'start_time',
  'status',
  'variables',
] as const;
/** What an owner writes when a trigger is made, and everybody who changes one. */
export const updated = [...created, 'global_data_product_uuid', 'settings', 'sla', 'tags', 'token'] as const;

/** How the list of all triggers may be ordered; Mage leaves any other name aside. */
const orders: Record<string, [column: string, direction: 'asc' | 'desc']> = {
  created_at: ['s.created_at', 'desc'],
  name: ['s.name', 'asc'],
  pipeline_uuid: ['p.uuid', 'asc'],
  schedule_type: ['s.schedule_type', 'asc'],
  status: ['s.status', 'asc'],
};

function mine(context: Context): Knex.QueryBuilder {
  return context
    .db('pipeline_schedules as s')
    .join('pipelines as p', 'p.id', 's.pipeline_id')
    .where('p.account_id', accountOf(context))
    .select('s.*', 'p.uuid as pipeline_uuid');
}

export const resource: Resource<ScheduleRow, PipelineRow> = {
  parent: (context, uuid) => pipelineOf(context, uuid),

  async list(context, { query, page: { limit = 40, offset } }, pipeline) {
    const found = mine(context);
    if (pipeline) found.where('s.pipeline_id', pipeline.id);
    for (const name of ['schedule_interval', 'schedule_type', 'status']) {
      const wanted = texts(query[`${name}[]`]);
      if (wanted.length > 0) found.whereIn(`s.${name}`, wanted);
    }
    filterTags(found, 's.tags', query['tag[]']);
    const { global_data_product_uuid, order_by } = query;
    if (global_data_product_uuid !== undefined) found.where({ global_data_product_uuid });

    const [{ count }] = await found.clone().clearSelect().count({ count: '*' });
    const isPart = pipeline !== undefined || global_data_product_uuid !== undefined;
    const order = isPart ? ['s.id', 'desc'] : Object.hasOwn(orders, String(order_by)) && orders[String(order_by)];
    if (order) found.orderBy(order[0] as string, order[1]);
    // Of those that were made in the same moment, the later one is the newer one.
    found.orderBy('s.id', order_by === 'created_at' ? 'desc' : 'asc');
    return { rows: await found.limit(limit).offset(offset), count, limit, offset };
  },

  async member(context, { id }, pipeline) {
    const found = mine(context).whereRaw('s.id::text = ?', [id ?? '']);
    if (pipeline) found.where('s.pipeline_id', pipeline.id);
    const schedule = await found.first();
    if (!schedule) throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
    return schedule;
  },

  async create(context, { body }, pipeline) {
    if (!pipeline) {
      throw new Failure('invalid', 'A pipeline schedule needs a pipeline.', { reason: { missing: 'parent' } });
    }
    // Of who is no owner Mage takes these alone, and says nothing of the rest.
    const isOwner = context.principal.kind === 'open' || atLeast('owner', context.principal);
    const values = checked(body as ScheduleBody, isOwner ? updated : created);
    if (!values.name) throw nameless(values.name);
    const row = {
      ...values,
      name: values.name,
      // Sealed to the row's id, which is not known before.
      token: '',
      pipeline_id: pipeline.id,
      ...(values.status === 'active' && { last_enabled_at: context.db.fn.now() as unknown as string }),
    };
    const [made] = await context.db('pipeline_schedules').insert(row).returning('id');
    const id = made?.id as number;
    await setToken(context.db, context.house, id, values.token || makeToken());
    return again(context, id);
  },

  async update(context, { body }: Call, schedule) {
    const { token, ...values }: Record<string, unknown> = { ...checked(body as ScheduleBody, updated) };
    if ('name' in values && !values.name) throw nameless(values.name);
    const fresh = (body as ScheduleBody).rotate_token ? makeToken() : token;
    if (fresh) await setToken(context.db, context.house, schedule.id, String(fresh));
    if (values.status === 'active' && schedule.status !== 'active') values.last_enabled_at = context.db.fn.now();
    const changes = { ...values, next_due_at: null, updated_at: context.db.fn.now() };
    await context.db('pipeline_schedules').where({ id: schedule.id }).update(changes);
    // Runs may have waited for it.
    if (values.status === 'active') await wake(context.db, schedule.pipeline_id);
    return again(context, schedule.id);
  },

  async delete({ db }, _call, schedule) {
    await cancelRuns(db, { pipeline_schedule_id: schedule.id });
    await db('pipeline_schedules').where({ id: schedule.id }).delete();
    return schedule;
  },
};

function again(context: Context, id: number): Promise<ScheduleRow> {
  return mine(context).where('s.id', id).first();
}

function checked(body: ScheduleBody, names: readonly (keyof ScheduleBody)[]): ScheduleBody {
  const values = Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
  const { schedule_interval, start_time } = values as ScheduleBody;
  if (typeof schedule_interval === 'string') checkInterval(schedule_interval);
  // No column takes it: as if it was not sent.
  for (const name of ['status', 'tags'] as const) if (values[name] === null) delete values[name];
  if (values.tags) values.tags = unique(values.tags as string[]);
  if (typeof start_time === 'string') values.start_time = checkStart(start_time);
  return values;
}

function nameless(value: unknown): Failure {
  return new Failure('invalid', 'name cannot be empty.', { reason: { record: { key: 'name', value: value ?? null } } });
}
