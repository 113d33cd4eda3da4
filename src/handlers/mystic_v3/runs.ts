import type { components, operations } from '../../../generated/mystic_v3.ts';
import type { Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { runs } from '../../core/runs/index.ts';
import type { RunState } from '../../core/runs/row.ts';
import { runResult, type Shown } from '../mystic/run_shapes.ts';
import { inputsOf, runAndWait } from '../mystic/runs.ts';
import { type Asked, one } from '../mystic/types.ts';

type V3Run = components['schemas']['V3Run'];

/** Version 3 numbers them. One whose container was lost is `lost` there, as its clients poll on for all other losses. */
const numbers: Record<RunState, V3Run['state']> = {
  created: 0,
  routing: 1,
  running: 7,
  completed: 10,
  failed: 12,
  queued: 16,
  node_preempted: 18,
  cancelled: 12,
  unknown: 20,
  no_resources_available: 23,
};

/** As version 1 of the SDK, and scripts of its time, read a run. */
function v3Run(run: Shown): V3Run {
  const { id, created_at, updated_at, pipeline_id, inputs, outputs, error } = runResult(run);
  return {
    ...{ id, created_at, updated_at, pipeline_id, environment_id: 'none', environment_hash: 'none' },
    state: numbers[run.state],
    error: error && { exception: error.message, traceback: error.traceback },
    result: outputs && { run_id: id, outputs },
    input_data: inputs,
  };
}

export async function createV3Run(context: Context, { body }: Asked<operations['createV3Run']>): Promise<V3Run> {
  const isAsync = body.async_run ?? false;
  const wanted = { pipeline: body.pipeline_id_or_pointer, inputs: inputsOf(body.input_data), waits: isAsync };
  return runAndWait(context, wanted, isAsync, v3Run);
}

export const getV3Run = one(act(runs, 'detail'), v3Run);
