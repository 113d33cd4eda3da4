import type { Knex } from 'knex';
import { blocksOf } from '../blocks/row.ts';
import { ended } from '../pipeline_runs/progress.ts';
import { blockRunsOf, holdRuns } from '../pipeline_runs/row.ts';
import { say } from '../pipeline_runs/run_logs.ts';
import type { Held } from '../runs/lease.ts';

/** How often a block may be begun once more after it has failed, or was lost. */
export function retriesOf({ retry_config }: { retry_config: Record<string, unknown> | null }): number {
  const retries = Number(retry_config?.retries ?? 0);
  return Number.isInteger(retries) && retries > 0 ? retries : 0;
}

/**
 * Settles what the runner before has left of a run: of a block that had begun nobody knows what it did, so it begins once more only where its
 * `retries` say so, and has failed otherwise. The log says either.
 */
export async function settleLostBlocks(db: Knex, held: Held): Promise<void> {
  const runId = held.pipeline_run_id as number;
  await holdRuns(db, [runId]);
  const parts = (await blockRunsOf(db, [runId])).filter(({ status }) => status === 'running');
  if (parts.length === 0) return;
  const blocks = new Map((await blocksOf(db, [held.pipeline_id])).map((block) => [block.uuid, block]));
  for (const { id, block_uuid, tries } of parts) {
    const retries = retriesOf(blocks.get(block_uuid) ?? { retry_config: null });
    const isOver = Math.max(tries, 1) > retries;
    const error = 'The runner was lost while the block was at work';
    if (isOver) {
      await ended(db, held, block_uuid, { status: 'failed', error: { error, errors: [], message: error } });
      continue;
    }
    const message = `${error}: it is begun once more (attempt ${tries + 1} of ${retries + 1})`;
    await say(db, [{ runId, blockRunId: id, level: 'WARNING', message }]);
  }
}
