import type { Knex } from 'knex';
import { type BlockRow, blocksOf } from '../blocks/row.ts';
import type { House } from '../house.ts';
import { idOf } from '../ids.ts';
import { blockRunsOf } from '../pipeline_runs/row.ts';
import { merged, partitionKey, partitionOf } from '../pipeline_runs/variables.ts';
import { spanFrom } from '../pipeline_schedules/interval.ts';
import type { Json } from '../pipelines/row.ts';
import type { Held } from '../runs/lease.ts';
import type { Pace } from '../runs/row.ts';
import { openSecrets } from '../secrets/index.ts';

/** All that a runner needs to work on a run. */
export type RunInHand = Awaited<ReturnType<typeof runInHand>>;

/** A run with its graph, what its code and variables are, and the account's secrets; for whoever has it in hand, and nobody else. */
export async function runInHand(house: House, held: Held, pace: Pace) {
  const { db } = house;
  const run = await runOf(db, held.pipeline_run_id as number);
  const all = await blocksOf(db, [held.pipeline_id]);
  const parts = new Map((await blockRunsOf(db, [run.id])).map((part) => [part.block_uuid, part]));
  const shown = (block: BlockRow) => shownBlock(block, parts.get(block.uuid));
  const at = (place: BlockRow['place']) => all.filter((block) => block.place === place).map(shown);
  const interval = run.schedule_type === 'time' ? spanFrom(run.schedule_interval, new Date(run.execution_date)) : null;
  return {
    id: idOf('run', held.id),
    lease: held.worker,
    lease_seconds: pace.lease / 1000,
    attempt: held.attempts,
    pipeline_run_id: run.id,
    pipeline: { uuid: run.uuid, name: run.name },
    trigger:
      run.pipeline_schedule_id === null
        ? null
        : { id: run.pipeline_schedule_id, name: run.trigger_name as string | null },
    execution_date: isoOf(run.execution_date),
    execution_partition: String(
      run.own?.[partitionKey] ?? partitionOf(run.pipeline_schedule_id ?? 0, isoOf(run.execution_date)),
    ),
    interval,
    variables: merged(run.globals, run.triggers, run.own),
    event: run.event_variables ?? {},
    allow_blocks_to_fail: Boolean(run.settings?.allow_blocks_to_fail),
    block_run_limit: limitOf(run.concurrency_config),
    blocks: at('blocks').filter(({ type }) => !notes.includes(type)),
    callbacks: at('callbacks'),
    conditionals: at('conditionals'),
    secrets: await openSecrets(house, held.account_id),
  };
}

/** Blocks that nobody runs and that give nothing. */
const notes = ['chart', 'group', 'markdown', 'scratchpad'];

interface Found {
  id: number;
  uuid: string;
  name: string;
  execution_date: string;
  pipeline_schedule_id: number | null;
  trigger_name: string | null;
  schedule_type: string | null;
  schedule_interval: string | null;
  settings: Json | null;
  concurrency_config: Json | null;
  event_variables: Json | null;
  globals: Json | null;
  triggers: Json | null;
  own: Json | null;
}

async function runOf(db: Knex, id: number): Promise<Found> {
  return db('pipeline_runs as r')
    .join('pipelines as p', 'p.id', 'r.pipeline_id')
    .leftJoin('pipeline_schedules as s', 's.id', 'r.pipeline_schedule_id')
    .where('r.id', id)
    .first('r.id', 'p.uuid', 'p.name', 'r.pipeline_schedule_id', 'r.event_variables', 'p.concurrency_config', {
      // A time as text keeps its microseconds.
      execution_date: db.raw(`to_char(r.execution_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')`),
      trigger_name: 's.name',
      schedule_type: 's.schedule_type',
      schedule_interval: 's.schedule_interval',
      settings: 's.settings',
      globals: 'p.variables',
      triggers: 's.variables',
      own: 'r.variables',
    } as never);
}

const isoOf = (time: string) => time.replace(/\.000000(?=\+)/, '');

function limitOf(config: Json | null): number | null {
  const limit = Number(config?.block_run_limit ?? 0);
  return Number.isInteger(limit) && limit > 0 ? limit : null;
}

function shownBlock(block: BlockRow, part: { status: string; tries: number } | undefined) {
  const { uuid, type, language, content, upstream_blocks, configuration, retry_config, timeout } = block;
  return {
    ...{ uuid, type, language, content, upstream_blocks, configuration, timeout },
    retries: retry_config ?? {},
    status: part?.status ?? null,
    tries: part?.tries ?? 0,
  };
}
