import type { components, operations } from '../../../generated/latchkey.ts';
import { writeJsonLine } from '../../contract/json.ts';
import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { idOf } from '../../core/ids.ts';
import { pageOfTriggeredRuns, type TriggeredFilter } from '../../core/pipeline_runs/triggered_runs.ts';
import { queueRun } from '../../core/runs/accept.ts';
import { containerOf, setContainer } from '../../core/runs/container_address.ts';
import type { Following } from '../../core/runs/follow.ts';
import { managedRuns, pageOfRuns, type RunFilter, type ShownRun, shownRuns } from '../../core/runs/managed_runs.ts';
import type { RunInput, RunRow } from '../../core/runs/row.ts';
import { Streamed, unheard } from '../../wire/streamed.ts';

type Schemas = components['schemas'];
type New = NonNullable<operations['createRun']['requestBody']>['content']['application/json'];

/** Runs: the same rows and policies as everywhere. */
export const runHandlers = {
  async createRun(context: Context, { id = '', body }: Call<unknown, New>) {
    const run = await queueRun(context, id, (body.inputs ?? []).map(taken));
    return created(context, run);
  },

  async listRuns(context: Context, { query, page: { limit = 20, cursor, order } }: Call<RunFilter, unknown>) {
    const page = await pageOfRuns(context, query, { limit, cursor, order: order[0] ?? '-created_at' });
    return { ...page, rows: page.rows.map(shown) };
  },

  listTriggeredRuns: (context: Context, { query, page: { limit = 20, cursor } }: Call<TriggeredFilter, unknown>) =>
    pageOfTriggeredRuns(context, query, { limit, cursor }),

  async getRun(context: Context, call: Call<unknown, unknown>) {
    const run = await act(managedRuns, 'detail')(context, call as Call);
    return { ...shown(run), inputs: run.inputs.map(input) };
  },

  async cancelRun(context: Context, call: Call<unknown, unknown>) {
    return shown(await act(managedRuns, 'update')(context, { ...call, query: {}, body: {} }));
  },

  async deleteRun(context: Context, call: Call<unknown, unknown>): Promise<undefined> {
    await act(managedRuns, 'delete')(context, call as Call);
  },

  async getRunOutput(context: Context, call: Call<unknown, unknown>) {
    return act(managedRuns, 'detail')(context, { ...call, format: 'output' } as Call);
  },

  /** From the event on that the caller has last, which the envelope reads in `Last-Event-ID`. */
  async followRunLog(context: Context, { query: { after = 0 }, ...call }: Call<{ after?: number }, unknown>) {
    const { id } = await act(managedRuns, 'detail')(context, { ...call, query: {} } as Call);
    return eventStream(context.house.followers.follow(id, after));
  },

  getPipelineContainer: async (context: Context, { id = '' }: Call<unknown, unknown>) => ({
    url: await containerOf(context, id),
  }),
  setPipelineContainer: async (context: Context, { id = '', body }: Call<unknown, Schemas['Container']>) => ({
    url: await setContainer(context, id, body.url),
  }),
};

/** Events as the WHATWG has them. One who is let go by a server that stops comes again with `Last-Event-ID`. */
export function eventStream({ events, close }: Following, silence = unheard): Streamed {
  async function* source() {
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        if (value === 'ended') yield 'event: end\ndata: {}\n\n';
        return;
      }
      const { n, event, data, at } = value;
      yield `id: ${n}\nevent: ${event}\ndata: ${writeJsonLine({ ...data, at: new Date(at).toISOString() })}\n\n`;
    }
  }
  const headers = { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' };
  return new Streamed({ headers, body: { source: source(), close, still: ':\n\n', silence } });
}

async function created(context: Context, run: RunRow) {
  const [one] = await shownRuns(context, 'create', [run]);
  return shown(one as ShownRun);
}

function shown({ id, pipeline, pipeline_name, state, error, created_at, started_at, ended_at, ...run }: ShownRun) {
  return {
    id: idOf('run', id),
    pipeline: { id: idOf('pipeline', pipeline), name: pipeline_name },
    ...{ state, error, created_at, started_at, ended_at, compute_ms: run.compute_time_ms },
  };
}

/** What is sent, in the words of the core, which are Mystic's. */
function taken({ type, value, file }: Schemas['Value']): RunInput {
  return { type, value, file_name: file?.name ?? null, file_path: file?.path ?? null, file_url: file?.url ?? null };
}

function input({ type, value = null, file_name: name = null, file_path: path = null, file_url: url = null }: RunInput) {
  return { type, value, file: type === 'file' ? { name, path, size: null, url } : null };
}
