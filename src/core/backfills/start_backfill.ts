import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { wake } from '../pipeline_runs/row.ts';
import { makeToken, setToken } from '../pipeline_schedules/trigger_token.ts';
import { datesOf, type Span } from './dates.ts';
import type { BackfillRow } from './row.ts';

/** How many rows one statement inserts. */
const batch = 1_000;

/**
 * Starts a backfill: a trigger of its own, and a run for each of its dates. One that was started is not started twice. Throws
 * `invalid` for one that does not say which dates.
 */
export async function startBackfill({ db, house }: Context, backfill: BackfillRow): Promise<void> {
  const { id, name, pipeline_id, account_id, variables } = backfill;
  const free = await db('backfills').where({ id }).whereNull('started_at').forNoKeyUpdate().first('id');
  if (!free) return;
  const missing = (['start_datetime', 'end_datetime', 'interval_type', 'interval_units'] as const).filter(
    (field) => backfill[field] === null,
  );
  if (missing.length > 0) {
    const fields = Object.fromEntries(missing.map((field) => [field, ['is missing']]));
    throw new Failure('invalid', `A backfill needs ${missing.join(', ')} to start.`, { fields });
  }
  const dates = datesOf(backfill as Span);
  const [trigger] = await db('pipeline_schedules')
    .insert({ pipeline_id, name: `Backfill ${name ?? id}`, status: 'active', token: '' })
    .returning('id');
  const pipeline_schedule_id = trigger?.id as number;
  await setToken(db, house, pipeline_schedule_id, makeToken());
  const rows = dates.map((own) => ({
    ...{ account_id, pipeline_id, pipeline_schedule_id, backfill_id: id },
    execution_date: `${own.execution_date}Z`,
    variables: storedJson({ ...variables, ...own }),
  }));
  for (let at = 0; at < rows.length; at += batch) await db('pipeline_runs').insert(rows.slice(at, at + batch));
  const now = db.fn.now();
  await db('backfills')
    .where({ id })
    .update({ status: 'initial', started_at: now, updated_at: now, pipeline_schedule_id });
  await wake(db, pipeline_id);
}
