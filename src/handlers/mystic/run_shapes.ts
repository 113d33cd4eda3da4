import type { components } from '../../../generated/mystic.ts';
import type { Call } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import type { RunExtra, RunRow } from '../../core/runs/index.ts';
import { epoch } from './shown.ts';

type Schemas = components['schemas'];
export type Shown = RunRow & RunExtra;

/** A ClusterRunResult (docs/compat/mystic.md: A run). */
export function runResult(run: Shown): Schemas['RunResult'] {
  const { inputs, outputs, queue_position } = run;
  const error = run.state === 'cancelled' ? cancelled : run.error;
  return { ...common(run), inputs: inputs as Schemas['RunInput'][], outputs, error, queue_position };
}

export const runDetailed = (run: Shown): Schemas['DetailedRunResult'] => ({ ...runResult(run), ...times(run) });

/** Mystic knows no such end, and its clients refuse states that they do not know (docs/compat/mystic.md: A run). */
const cancelled = { type: 'unknown', message: 'The run was cancelled', traceback: null } as const;

/** An item of a list. */
export function runGet(run: Shown, { query }: Call): Schemas['Run'] {
  const pointers = query.include_pointers ? { pointers: run.pointer === null ? [] : [run.pointer] } : {};
  return { ...common(run), ...pointers, ...times(run) };
}

function common({ id, created_at, updated_at, pipeline, state }: Shown) {
  return {
    id: idOf('run', id),
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
    pipeline_id: idOf('pipeline', pipeline),
    state: state === 'cancelled' ? 'failed' : state,
  };
}

function times({ compute_time_ms, started_at, ended_at }: Shown) {
  return {
    ...(compute_time_ms !== null && { compute_time_ms }),
    ...(started_at !== null && { started_at: epoch(started_at) }),
    ...(ended_at !== null && { ended_at: epoch(ended_at) }),
  };
}
