import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { openToken } from '../pipeline_schedules/trigger_token.ts';
import type { Json } from '../pipelines/row.ts';
import { unusable } from '../unusable.ts';
import { beginAttempt } from './begin_attempt.ts';
import { isSame, type Sent } from './by_token.ts';
import { fire } from './fire.ts';
import { executed } from './row.ts';

/** How long a caller waits for a block; milliseconds. */
const patience = 60_000;

/** What is asked of one block. */
interface Asked {
  pipeline_uuid?: unknown;
  block_uuid?: unknown;
  variables?: Json | null;
  /** Keep the run; unless it says false. */
  record?: unknown;
  run_upstream_blocks?: unknown;
}

/**
 * Runs one block of a pipeline, waits for its end, and gives its outputs (docs/compat/mage.md: Firing). The token is one of a trigger by
 * API of that very pipeline. Throws what Mage throws, and a sentence with the run's id where it takes too long.
 */
export async function runBlock(
  context: Context,
  token: string | undefined,
  sent: Sent,
): Promise<{ output: unknown[] }> {
  if (!token) throw unusable('token', 'Invalid token.');
  const asked = askedOf(sent);
  const trigger = await triggerOf(context, token, asked);
  const { block_uuid: uuid, variables, record, run_upstream_blocks } = asked;
  if (typeof uuid !== 'string') throw unusable('block_uuid', "'NoneType' object has no attribute 'split'");
  if (trigger.container_url !== null)
    throw unusable(
      'pipeline',
      `Pipeline ${trigger.uuid} runs in a container, which has no blocks to be run one by one.`,
    );
  const { runId, attempt } = await begin(context, trigger, {
    uuid,
    variables: variables ?? {},
    all: Boolean(run_upstream_blocks),
  });
  context.house.waitingRunners.look();
  await context.house.endings.wait(attempt, patience);
  return endOf(context, runId, uuid, record === false);
}

function askedOf(sent: Sent): Asked {
  const body = sent && 'value' in sent ? (sent.value as { run?: Asked } | null) : undefined;
  return body?.run ?? {};
}

interface Trigger {
  id: number;
  token: string;
  pipeline_id: number;
  account_id: number;
  uuid: string;
  container_url: string | null;
}

/** Nobody learns which pipelines there are: of one that is not there, no trigger has this token, either. */
async function triggerOf(context: Context, token: string, { pipeline_uuid }: Asked): Promise<Trigger> {
  const triggers: Trigger[] = await context
    .db('pipeline_schedules as s')
    .join('pipelines as p', 'p.id', 's.pipeline_id')
    .where({ 'p.uuid': typeof pipeline_uuid === 'string' ? pipeline_uuid : '', 's.schedule_type': 'api' })
    .select('s.id', 's.token', 's.pipeline_id', 'p.account_id', 'p.uuid', 'p.container_url');
  const trigger = triggers.find((one) => isSame(token, openToken(context.house, one)));
  if (trigger) return trigger;
  await context.house.limits.guessed(context.asker.address);
  throw unusable('token', 'No row was found when one was required');
}

async function begin(
  context: Context,
  trigger: Trigger,
  { uuid, variables, all }: { uuid: string; variables: Json; all: boolean },
): Promise<{ runId: number; attempt: string }> {
  return context.db.transaction(async (db) => {
    const blocks = await db('blocks')
      .where({ pipeline_id: trigger.pipeline_id })
      .select('uuid', 'type', 'upstream_blocks');
    const byUuid = new Map(blocks.map((block) => [block.uuid, block]));
    if (!executed.includes(byUuid.get(uuid)?.type ?? ''))
      throw unusable('block_uuid', "{'code': 404, 'message': 'Record not found.', 'type': 'record_not_found'}");
    const wanted = new Set([uuid]);
    if (all) for (const one of wanted) for (const before of byUuid.get(one)?.upstream_blocks ?? []) wanted.add(before);
    const run = await fire(db, trigger, { variables, event_variables: null }, [...wanted]);
    await db('pipeline_runs')
      .where({ id: run.id })
      .update({ status: 'running', started_at: db.fn.now() } as never);
    return { runId: run.id, attempt: await beginAttempt(db, run.id) };
  });
}

async function endOf(
  { db }: Context,
  runId: number,
  block_uuid: string,
  forget: boolean,
): Promise<{ output: unknown[] }> {
  const run = await db('pipeline_runs').where({ id: runId }).first('status');
  if (run?.status === 'running' || run?.status === 'initial')
    throw unusable(
      'run',
      `Run ${runId} has not ended within ${patience / 1000} seconds: GET /api/pipeline_runs/${runId} tells how it stands.`,
    );
  const part = await db('block_runs').where({ pipeline_run_id: runId, block_uuid }).first('id', 'metrics');
  const outputs = await db('block_outputs')
    .where('block_run_id', part?.id ?? 0)
    .orderBy('position');
  const last = await db('run_logs').where('pipeline_run_id', runId).orderBy('id', 'desc').first('message');
  if (forget) await db('pipeline_runs').where({ id: runId }).delete();
  if (run?.status === 'completed') return { output: outputs.map(shownValue) };
  const { error } = (part?.metrics ?? {}) as { error?: { error?: string } };
  throw new Failure('invalid', error?.error ?? last?.message ?? 'The run has failed', { reason: { unusable: 'run' } });
}

/** An output as it is; a frame as its rows, by the names of their columns. */
function shownValue({
  value,
  sample_data,
  text_data,
}: {
  value: unknown;
  sample_data: unknown;
  text_data: string | null;
}) {
  if (value !== null) return value;
  const table = sample_data as { columns: string[]; rows: unknown[][] } | null;
  if (!table) return text_data;
  return table.rows.map((row) => Object.fromEntries(table.columns.map((name, at) => [name, row[at] ?? null])));
}
