import type { Knex } from 'knex';
import { writeJson } from '../../contract/json.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { integerOf } from '../pipeline_runs/list_runs.ts';
import { type PipelineRow, pipelineOf } from '../pipelines/index.ts';
import { texts } from '../pipelines/list.ts';
import type { Json } from '../pipelines/row.ts';
import { each, viewer } from '../rules.ts';

/** A log as Mage shows it: a file. */
export interface LogFile {
  name: string;
  path: string;
  size: number;
  modified_timestamp: number | null;
  content: string;
}

interface Row {
  block_run_logs: LogFile[];
  pipeline_run_logs: LogFile[];
  total_block_run_log_count: number;
  total_pipeline_run_log_count: number;
}

/** How many files are shown of each kind, and how many lines of each: the last ones. */
const files = 20;
const lines = 5_000;

const shown = [
  'block_run_logs',
  'pipeline_run_logs',
  'total_block_run_log_count',
  'total_pipeline_run_log_count',
] as const;

/** The logs of a pipeline's runs (docs/compat/mage.md: Block runs and logs). */
export const logs: Endpoint<Row, unknown, PipelineRow> = {
  name: 'logs',
  resource: {
    parent: (context, uuid) => pipelineOf(context, uuid),
    list: async (context, call, pipeline) => ({
      rows: [await logsOf(context, call, pipeline as PipelineRow)],
      offset: 0,
    }),
  },
  policy: {
    action: { list: viewer },
    read: each(shown, viewer),
    write: {},
    query: each(
      [
        ...['block_run_id[]', 'block_type[]', 'block_uuid[]', 'end_timestamp', 'pipeline_run_id[]', 'start_timestamp'],
        'pipeline_schedule_id[]',
      ],
      { list: viewer },
    ),
  },
  presenter: { default: shown },
  collect: {},
};

/** Those of what Mage keeps no logs under: always none. */
export const noLogs: typeof logs = {
  ...logs,
  resource: { list: async () => ({ rows: [], offset: 0 }) },
};

interface Subject {
  id: number;
  name: string;
  run_id: number;
  schedule_id: number | null;
  execution_date: string;
  block_type?: string;
}

async function logsOf({ db }: Context, { query, page }: Call, pipeline: PipelineRow): Promise<Row> {
  const most = Math.max(0, Math.min(files, page.limit ?? files));
  const found = db('pipeline_runs as r').where('r.pipeline_id', pipeline.id);
  filter(found, query);
  const parts = found.clone().join('block_runs as b', 'b.pipeline_run_id', 'r.id');
  const blocks = texts(query['block_uuid[]']);
  const blockRuns = texts(query['block_run_id[]']).map(integerOf);
  if (blocks.length > 0) parts.whereIn('b.block_uuid', blocks);
  if (blockRuns.length > 0) parts.whereIn('b.id', blockRuns);
  const isNarrowed = blocks.length > 0 || blockRuns.length > 0;

  const its = { run_id: 'r.id', schedule_id: 'r.pipeline_schedule_id', execution_date: 'r.execution_date' };
  const shownParts: Subject[] = await parts
    .clone()
    .leftJoin('blocks', (join) => join.on('blocks.pipeline_id', 'r.pipeline_id').andOn('blocks.uuid', 'b.block_uuid'))
    .orderBy('b.id', 'desc')
    .limit(most)
    .select({ id: 'b.id', name: 'b.block_uuid', block_type: 'blocks.type', ...its });
  const shownRuns: Subject[] = isNarrowed
    ? []
    : await found
        .clone()
        .orderBy('r.id', 'desc')
        .limit(Math.ceil(most / 2))
        .select({ id: 'r.id', ...its });
  const ofRuns = await linesOf(db, 'pipeline_run_id', shownRuns);
  const ofParts = await linesOf(db, 'block_run_id', shownParts);
  return {
    block_run_logs: shownParts.map((part) => fileOf(pipeline, part, `${part.name}.log`, ofParts.get(part.id))),
    pipeline_run_logs: shownRuns
      .flatMap((run) => [
        fileOf(pipeline, run, 'pipeline.log', ofRuns.get(run.id)),
        fileOf(pipeline, run, 'scheduler.log', undefined),
      ])
      .slice(0, most),
    total_block_run_log_count: await countOf(parts),
    total_pipeline_run_log_count: isNarrowed ? 0 : await countOf(found),
  };
}

function filter(found: Knex.QueryBuilder, query: Record<string, unknown>): void {
  const runs = texts(query['pipeline_run_id[]']).map(integerOf);
  const triggers = texts(query['pipeline_schedule_id[]']).map(integerOf);
  if (runs.length > 0) found.whereIn('r.id', runs);
  if (triggers.length > 0) found.whereIn('r.pipeline_schedule_id', triggers);
  for (const [name, sign] of [
    ['start_timestamp', '>='],
    ['end_timestamp', '<='],
  ] as const)
    if (query[name] !== undefined) found.whereRaw(`r.created_at ${sign} to_timestamp(?)`, [integerOf(query[name])]);
}

async function countOf(found: Knex.QueryBuilder): Promise<number> {
  const [{ count }] = await found.clone().count({ count: '*' });
  return Number(count);
}

interface Written {
  at: string;
  level: string;
  message: string;
  more: Json | null;
}

async function linesOf(
  db: Knex,
  of: 'pipeline_run_id' | 'block_run_id',
  subjects: readonly Subject[],
): Promise<Map<number, Written[]>> {
  const ids = subjects.map(({ id }) => id);
  const own = of === 'pipeline_run_id' ? 'block_run_id is null' : 'true';
  const { rows } = await db.raw<{ rows: (Written & { id: string; subject: number })[] }>(
    `select * from (
       select id, ${of} as subject, at, level, message, more,
         row_number() over (partition by ${of} order by id desc) as back
       from run_logs where ${of} = any(?) and ${own}
     ) l where back <= ${lines} order by id`,
    [ids],
  );
  const found = new Map<number, Written[]>(ids.map((id) => [id, []]));
  for (const line of rows) found.get(line.subject)?.push(line);
  return found;
}

function fileOf(pipeline: PipelineRow, subject: Subject, name: string, written: readonly Written[] = []): LogFile {
  const { run_id, schedule_id, execution_date, block_type } = subject;
  const its = {
    ...(block_type !== undefined && { block_run_id: subject.id, block_uuid: subject.name }),
    ...{ pipeline_run_id: run_id, pipeline_schedule_id: schedule_id, pipeline_uuid: pipeline.uuid },
    ...(block_type !== undefined && { block_type }),
  };
  const content = written.map((line) => lineOf(line, its)).join('\n');
  const date = execution_date.replace(/[-:]|\..*|\+.*/g, '');
  const last = written.at(-1);
  return {
    name,
    path: `pipelines/${pipeline.uuid}/.logs/${schedule_id}/${date}/${name}`,
    size: Buffer.byteLength(content),
    modified_timestamp: last ? Date.parse(last.at) / 1000 : null,
    content,
  };
}

function lineOf({ at, level, message, more }: Written, its: Json): string {
  const said = writeJson({ ...its, level, message, ...more, timestamp: Date.parse(at) / 1000 });
  return `${at.slice(0, 19)} ${said}`;
}
