import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Json } from '../pipelines/row.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { unusable } from '../unusable.ts';
import { cancelRuns, retryBlocks } from './change_run.ts';
import { collect, type PipelineRunExtra } from './collect.ts';
import { type Firing, fire, runById } from './fire.ts';
import { list, mine } from './list_runs.ts';
import type { PipelineRunRow } from './row.ts';
import { dateOf } from './variables.ts';

/** A trigger, as the parent of its runs. */
type Trigger = Firing & { schedule_type: string | null; schedule_interval: string | null; status: string };

const whole = [
  'backfill_id',
  'completed_at',
  'created_at',
  'event_variables',
  'execution_date',
  'executor_type',
  'id',
  'metrics',
  'passed_sla',
  'pipeline_schedule_id',
  'pipeline_uuid',
  'started_at',
  'status',
  'updated_at',
  'variables',
] as const;
const listed = [
  ...whole,
  'block_runs',
  'block_runs_count',
  'completed_block_runs_count',
  'pipeline_schedule_name',
  'pipeline_schedule_token',
  'pipeline_schedule_type',
  'pipeline_tags',
  'pipeline_type',
  'repo_path',
] as const;

/** The runs of pipelines, alone and under their trigger (docs/compat/mage.md: Runs). */
export const pipelineRuns: Endpoint<PipelineRunRow, PipelineRunExtra, Trigger | undefined> = {
  name: 'pipeline_runs',
  resource: {
    /** Of a trigger that is not there, Mage lists the runs of all. */
    async parent(context, id) {
      return context
        .db('pipeline_schedules as s')
        .join('pipelines as p', 'p.id', 's.pipeline_id')
        .where('p.account_id', accountOf(context))
        .whereRaw('s.id::text = ?', [id])
        .first('s.id', 's.pipeline_id', 'p.account_id', 's.schedule_type', 's.schedule_interval', 's.status') as never;
    },

    list,
    member,

    async create(context, { body }, trigger) {
      if (!trigger) throw unusable('parent', "'NoneType' object has no attribute 'pipeline_uuid'");
      // A trigger that runs once is switched on by it; any other one's run waits until it is.
      if (trigger.schedule_type === 'time' && trigger.schedule_interval === '@once')
        await context.db('pipeline_schedules').where({ id: trigger.id }).update({ status: 'active' });
      return fire(context.db, trigger, givenOf(body));
    },

    async update({ db }, { body }, run) {
      if (body.status === 'cancelled') await cancelRuns(db, { 'pipeline_runs.id': run.id });
      if (body.pipeline_run_action === 'retry_blocks')
        await retryBlocks(db, run, (body.from_block_uuid as string | null | undefined) ?? undefined);
      return runById(db, run.id);
    },

    async delete({ db }, _call, run) {
      await db('pipeline_runs').where({ id: run.id }).delete();
      // A trigger that runs once may do so again, once no run of it is left.
      await db('pipeline_schedules')
        .where({ id: run.pipeline_schedule_id ?? 0 })
        .update({ next_due_at: null });
      return run;
    },
  },

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...each(listed, viewer),
      ...each(['account_id', 'pipeline_id', 'interval_at', 'ended_at'] as const, hidden),
    },
    write: {
      ...each(
        ['backfill_id', 'event_variables', 'execution_date', 'pipeline_schedule_id', 'pipeline_uuid', 'variables'],
        {
          create: editor,
        },
      ),
      ...each(['from_block_uuid', 'pipeline_run_action', 'status'], { update: editor }),
    },
    query: each(
      [
        ...['backfill_id', 'disable_retries_grouping', 'end_timestamp', 'global_data_product_uuid', 'order_by[]'],
        ...[
          'include_all_pipeline_schedules',
          'include_pipeline_tags',
          'include_pipeline_type',
          'include_pipeline_uuids',
        ],
        ...[
          'pipeline_tag[]',
          'pipeline_type',
          'pipeline_uuid',
          'pipeline_uuid[]',
          'start_timestamp',
          'status',
          'status[]',
        ],
      ],
      { list: viewer },
    ),
  },

  presenter: {
    default: whole,
    list: listed,
    detail: [...whole, 'block_runs'],
    with_basic_details: ['execution_date', 'id', 'status'],
  },
  collect,
};

async function member(context: Context, { id = '' }: Call): Promise<PipelineRunRow> {
  const run = await mine(context).whereRaw('pipeline_runs.id::text = ?', [id]).first();
  if (run) return run;
  throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
}

/** What a caller with credentials gives a run. Throws `invalid`. */
function givenOf(body: Record<string, unknown>) {
  const { variables, event_variables, execution_date, backfill_id } = body as {
    variables?: Json | null;
    event_variables?: Json | null;
    execution_date?: string | null;
    backfill_id?: number | null;
  };
  return {
    variables: variables ?? null,
    event_variables: event_variables ?? null,
    execution_date: execution_date ? dateOf(execution_date) : undefined,
    backfill_id,
  };
}
