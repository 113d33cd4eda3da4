import type { components, operations } from '../../../generated/latchkey.ts';
import type { Call, Context } from '../../core/context.ts';
import { endRun, heldRun, outcomeOf, putBack, renew } from '../../core/runner_work/held_run.ts';
import { keptOutputs, type RunnerEvent, reportRun } from '../../core/runner_work/report_run.ts';
import { takeRun } from '../../core/runner_work/take_run.ts';

type Schemas = components['schemas'];
type Leased = Call<unknown, { lease: string }>;
type Take = NonNullable<operations['takeRun']['requestBody']>['content']['application/json'];
type Outputs = operations['readBlockOutputs']['requestBody']['content']['application/json'];

/** For programs that work on runs. The lease is the fence: whoever has lost a run changes nothing of it. */
export const runnerHandlers = {
  takeRun: async (context: Context, { body }: Call<unknown, Take>) => ({
    run: await takeRun(context, (body.wait_seconds ?? 0) * 1000),
  }),

  async renewRun(context: Context, { id = '', body }: Leased) {
    return renew(context.db, await heldRun(context, id, body.lease));
  },

  async reportRun(context: Context, { id = '', body: { lease, first, events } }: Call<unknown, Schemas['Report']>) {
    return reportRun(context.db, await heldRun(context, id, lease), first, events as RunnerEvent[]);
  },

  async readBlockOutputs(context: Context, { id = '', body: { lease, block } }: Call<unknown, Outputs>) {
    return { outputs: await keptOutputs(context.db, await heldRun(context, id, lease), block) };
  },

  async finishRun(context: Context, { id = '', body }: Call<unknown, Schemas['Finish']>): Promise<undefined> {
    const { lease, state, message, traceback } = body;
    await endRun(context, await heldRun(context, id, lease), outcomeOf(state, message, traceback));
  },

  async giveBackRun(context: Context, { id = '', body }: Leased): Promise<undefined> {
    await putBack(context, await heldRun(context, id, body.lease));
  },
};
