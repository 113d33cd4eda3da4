import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf } from '../page.ts';
import { integerOf, mine } from '../pipeline_runs/list_runs.ts';
import type { BlockRunRow, PipelineRunRow } from '../pipeline_runs/row.ts';
import { accountOf, each, hidden, viewer } from '../rules.ts';
import { unusable } from '../unusable.ts';

type Row = BlockRunRow & { pipeline_schedule_id: number | null; pipeline_schedule_name: string | null };

const shown = [
  'block_uuid',
  'completed_at',
  'created_at',
  'id',
  'pipeline_run_id',
  'started_at',
  'status',
  'updated_at',
  'pipeline_schedule_id',
  'pipeline_schedule_name',
] as const;

const columns = ['block_uuid', 'completed_at', 'created_at', 'id', 'started_at', 'status', 'updated_at'];

/** What runs have done of their blocks, alone and under their run (docs/compat/mage.md: Block runs and logs). */
export const blockRuns: Endpoint<Row, unknown, PipelineRunRow> = {
  name: 'block_runs',
  resource: {
    async parent(context, id) {
      const run = await mine(context).whereRaw('pipeline_runs.id::text = ?', [id]).first();
      if (run) return run;
      throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
    },
    list: (context, call, run) => (run ? ofRun(context, call, run) : ofAll(context, call)),
  },
  policy: {
    action: { list: viewer },
    read: { ...each(shown, viewer), metrics: hidden, tries: hidden },
    write: {},
    query: each(['order_by', 'pipeline_run_id', 'pipeline_uuid'], { list: viewer }),
  },
  presenter: { default: shown },
  collect: {},
};

async function ofRun(
  { db }: Context,
  { page: { limit = 40, offset } }: Call,
  { id }: PipelineRunRow,
): Promise<Page<Row>> {
  const found = db('block_runs').where('pipeline_run_id', id);
  const page = await pageOf<BlockRunRow>(found, [['id', 'asc']], { limit, offset });
  // Mage knows of no trigger here.
  return {
    ...page,
    rows: page.rows.map((part) => ({ ...part, pipeline_schedule_id: null, pipeline_schedule_name: null })),
  };
}

async function ofAll(context: Context, { query, page: { limit = 40, offset } }: Call): Promise<Page<Row>> {
  const found = context
    .db('block_runs as b')
    .join('pipeline_runs as r', 'r.id', 'b.pipeline_run_id')
    .join('pipelines as p', 'p.id', 'r.pipeline_id')
    .join('pipeline_schedules as s', 's.id', 'r.pipeline_schedule_id')
    .where('r.account_id', accountOf(context))
    .select('b.*', 's.id as pipeline_schedule_id', 's.name as pipeline_schedule_name');
  if (query.pipeline_run_id !== undefined) found.where('b.pipeline_run_id', integerOf(query.pipeline_run_id));
  if (query.pipeline_uuid !== undefined) found.where('p.uuid', String(query.pipeline_uuid));
  const [column, direction] = orderOf(query.order_by);
  const order = column
    ? [[`b.${column}`, direction]]
    : [
        ['b.started_at', 'asc'],
        ['b.created_at', 'asc'],
        ['b.completed_at', 'desc'],
      ];
  return pageOf(found, [...order, ['b.id', 'asc']] as never, { limit, offset });
}

/** `id asc`. Throws `invalid` for anything but a column and a direction. */
function orderOf(value: unknown): [column?: string, direction?: string] {
  if (value === undefined) return [];
  const [column = '', direction = 'asc', ...more] = String(value).trim().split(/\s+/);
  if (columns.includes(column) && /^(asc|desc)$/i.test(direction) && more.length === 0)
    return [column, direction.toLowerCase()];
  const sentence = `The sort column must be one of ${columns.join(', ')}.`;
  throw unusable('order_by', `Block run sort column/query is invalid. ${sentence}`);
}
