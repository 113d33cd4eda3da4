import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { type BlockEnd, type BlockOutput, began, ended } from '../pipeline_runs/progress.ts';
import { blockRunsOf, holdRuns } from '../pipeline_runs/row.ts';
import { type Line, say } from '../pipeline_runs/run_logs.ts';
import type { Held } from '../runs/lease.ts';
import { renew } from './held_run.ts';

/** Something that happened to a run in a runner. */
export interface RunnerEvent {
  type: 'began' | 'ended' | 'log';
  block?: string;
  status?: BlockEnd['status'];
  outputs?: BlockOutput[];
  error?: { error: string; errors: string[]; message: string };
  level?: Line['level'];
  message?: string;
}

/**
 * Writes down what has happened to a run, each event once however often it is told, in one transaction with the lease. `first` is the
 * number of the first event. Throws `conflict` where the run is in other hands, and `invalid` for what is no event.
 */
export async function reportRun(db: Knex, held: Held, first: number, events: readonly RunnerEvent[]) {
  const runId = held.pipeline_run_id as number;
  return db.transaction(async (trx) => {
    await holdRuns(trx, [runId]);
    const before = await trx('runs').where({ id: held.id }).forUpdate().first('reported');
    const last = first + events.length - 1;
    const kept = await renew(trx, held, { reported: trx.raw('greatest(reported, ?::int)', [last]) });
    const known = Math.max(0, (before?.reported ?? 0) - first + 1);
    const fresh = events.slice(known);
    const parts = new Map((await blockRunsOf(trx, [runId])).map(({ block_uuid, id }) => [block_uuid, id]));
    let lines: Line[] = [];
    const flush = async () => {
      await say(trx, lines);
      lines = [];
    };
    for (const [at, event] of fresh.entries()) {
      if (event.type === 'log') {
        const { level, message = '', block } = event;
        lines.push({
          runId,
          blockRunId: block === undefined ? undefined : parts.get(block),
          ...(level && { level }),
          message,
        });
        continue;
      }
      await flush();
      await tell(trx, held, event, first + known + at);
    }
    await flush();
    return kept;
  });
}

async function tell(db: Knex, held: Held, event: RunnerEvent, at: number): Promise<void> {
  const { type, block, status, outputs = [], error } = event;
  if (block === undefined) throw missing(at, 'block');
  if (type === 'began') return began(db, held, block);
  if (status === undefined) throw missing(at, 'status');
  if (status === 'failed' && !error) throw missing(at, 'error');
  const end =
    status === 'completed' ? { status, outputs } : status === 'failed' ? { status, error, outputs } : { status };
  return ended(db, held, block, end as BlockEnd);
}

function missing(at: number, name: string): Failure {
  return new Failure('invalid', `The event ${at} has no ${name}.`, { fields: { [name]: ['This field is required.'] } });
}

/** What a block of a run gave before, for those that take it. */
export async function keptOutputs(db: Knex, { pipeline_run_id }: Held, block_uuid: string) {
  const rows = await db('block_outputs as o')
    .join('block_runs as b', 'b.id', 'o.block_run_id')
    .where({ 'b.pipeline_run_id': pipeline_run_id as number, 'b.block_uuid': block_uuid, 'b.status': 'completed' })
    .orderBy('o.position')
    .select('o.value', 'o.pickled');
  return rows.map(({ value, pickled }) => ({ value, pickled: pickled === null ? null : pickled.toString('base64') }));
}
