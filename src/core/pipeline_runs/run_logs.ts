import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import type { Json } from '../pipelines/row.ts';

/** One line of a run's log, or of one of its blocks'. */
export interface Line {
  runId: number;
  blockRunId?: number | undefined;
  level?: 'INFO' | 'WARNING' | 'ERROR' | 'EXCEPTION';
  message: string;
  more?: Json;
}

/** The longest line that is kept; characters. */
const longest = 64 * 1024;

/** Writes lines into logs. What cannot be kept of a text is U+FFFD. */
export async function say(db: Knex, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map(({ runId, blockRunId, level = 'INFO', message, more }) => ({
    pipeline_run_id: runId,
    block_run_id: blockRunId ?? null,
    level,
    message: Buffer.from(message.slice(0, longest)).toString().replaceAll('\0', '\ufffd'),
    more: more === undefined ? null : storedJson(more),
  }));
  await db('run_logs').insert(rows as never);
}
