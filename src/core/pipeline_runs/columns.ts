import type { Call, Context } from '../context.ts';
import { atLeast } from '../principal.ts';
import { unusable } from '../unusable.ts';

/** What a run has in Mage, besides what may be written of it. */
const others = [
  ...['backfill', 'block_runs', 'completed_at', 'created_at', 'executor_type', 'id', 'metrics', 'passed_sla'],
  ...['pipeline_schedule', 'started_at', 'status', 'updated_at'],
];
const written = [
  'backfill_id',
  'event_variables',
  'execution_date',
  'pipeline_schedule_id',
  'pipeline_uuid',
  'variables',
];

/** Columns that nobody sets from outside: neither with a trigger's token, nor with credentials. */
export const ours: ReadonlySet<string> = new Set(others);

/** The exception of Mage for what is no column of a run. */
export function noColumn(name: string): Error {
  return unusable('column', `'${name}' is an invalid keyword argument for PipelineRun`);
}

/** Creates runs; whoever is not asked about attributes hears of those that there are not, and the others are left aside. */
export function knownColumns<Made>(create: (context: Context, call: Call) => Promise<Made>) {
  return async (context: Context, call: Call): Promise<Made> => {
    const { principal } = context;
    const isUnasked = principal.kind === 'open' || atLeast('owner', principal);
    const unknown = Object.keys(call.body).find((name) => !ours.has(name) && !written.includes(name));
    if (isUnasked && unknown !== undefined) throw noColumn(unknown);
    return create(context, call);
  };
}
