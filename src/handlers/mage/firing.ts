import type { Operation } from '../../contract/contract.ts';
import { readPythonJson } from '../../contract/json.ts';
import { jsonMistake } from '../../contract/json_mistake.ts';
import type { Call, Context } from '../../core/context.ts';
import { fireByToken, type Sent } from '../../core/pipeline_runs/by_token.ts';
import { runBlock } from '../../core/pipeline_runs/run_block.ts';
import type { Request } from '../../wire/surface.ts';
import { pythonTime } from './time.ts';

// Whoever holds a trigger's token needs nothing else, and what they send is read as Mage reads it: as JSON whatever it is
// called, and only once the token is known to hold (docs/compat/mage.md: Firing).

/** What a call by a token brings along. */
interface ByToken {
  schedule: string;
  token: string | undefined;
  sent: Sent;
}

const paths = new Set([
  '/runs',
  '/runs/{token}',
  '/pipeline_schedules/{parent_id}/pipeline_runs/{token}',
  '/pipeline_schedules/{parent_id}/api_trigger',
]);

/** Whether a trigger's token is the credential of an operation. */
export function takesToken({ path, method }: Operation): boolean {
  return method === 'POST' && paths.has(path);
}

/** A body as it came, under a name that no body of its own has to fit: what is wrong with it is said later. */
export function readSent(text: string): { sent: Sent } {
  try {
    return { sent: { value: readPythonJson(text) } };
  } catch {
    return { sent: { mistake: jsonMistake(text) } };
  }
}

/** Reads a request by token into a call. */
export function askByToken(request: Request): Call<Record<string, never>, ByToken & Record<string, unknown>> {
  const { parent_id = '', token } = request.params as Record<string, string>;
  const sent = request.body?.sent as Sent;
  const body = { schedule: parent_id, token: token ?? bearerOf(request), sent };
  return { query: {}, body, page: { offset: 0, order: [] } };
}

/** What `Authorization` carries as the only thing in it, under `Bearer`. */
function bearerOf(request: Request): string | undefined {
  return /^\s*bearer\s+([^\s,]+)\s*$/i.exec(request.get('authorization') ?? '')?.[1];
}

/** Runs one block by a token, and waits for its outputs. */
export async function blockRun(context: Context, call: unknown) {
  const { token, sent } = (call as { body: ByToken }).body;
  return runBlock(context, token, sent);
}

/** Runs a pipeline by a token, and shows the run in the order that Mage shows it here. */
export async function fired(context: Context, call: unknown) {
  const { body } = call as { body: ByToken };
  const run = await fireByToken(context, body.schedule, body.token, body.sent);
  return {
    id: run.id,
    created_at: pythonTime(run.created_at),
    updated_at: pythonTime(run.updated_at),
    pipeline_schedule_id: run.pipeline_schedule_id,
    pipeline_uuid: run.pipeline_uuid,
    execution_date: pythonTime(run.execution_date),
    status: run.status,
    started_at: pythonTime(run.started_at),
    completed_at: pythonTime(run.completed_at),
    variables: run.variables,
    passed_sla: run.passed_sla,
    event_variables: run.event_variables,
    metrics: run.metrics,
    backfill_id: run.backfill_id,
    executor_type: run.executor_type,
  };
}
