import type { components, operations } from '../../../generated/mystic.ts';
import { Failure } from '../../contract/failure.ts';
import { writeJsonLine } from '../../contract/json.ts';
import type { Call, Context } from '../../core/context.ts';
import { act, show } from '../../core/endpoint.ts';
import { acceptRun, streamRun as beginStream, outcomeFor, type Wanted } from '../../core/runs/accept.ts';
import { containerOf, setContainer } from '../../core/runs/container_address.ts';
import { type RunRow, runs } from '../../core/runs/index.ts';
import type { RunInput } from '../../core/runs/row.ts';
import { outputsOf } from '../../core/runs/shown_outputs.ts';
import type { Piece } from '../../core/runs/stream.ts';
import { Streamed, unheard, unlessSilent } from '../../wire/streamed.ts';
import { runDetailed, runGet, runResult, type Shown } from './run_shapes.ts';
import { type Asked, one } from './types.ts';

type Schemas = components['schemas'];

async function createRun(context: Context, call: Asked<operations['createRun']>) {
  const isAsync = call.body.async_run ?? false;
  return runAndWait(context, wantedOf(call, isAsync), isAsync, runResult);
}

/**
 * Runs a pipeline, and gives the run as it is shown, at its end unless it is `async`. Throws it where nobody takes it.
 */
export async function runAndWait<Result extends object>(
  context: Context,
  wanted: Wanted,
  isAsync: boolean,
  shape: (run: Shown) => Result,
): Promise<Result> {
  const accepted = await acceptRun(context, wanted, isAsync);
  const run = isAsync || accepted.ended_at ? accepted : await outcomeFor(context, accepted);
  const result = shape(await shown(context, run));
  if (run.state === 'no_resources_available') throw nobody(result);
  return result;
}

/** What keeps a connection open that has nothing to say. */
const still = '\n';

/**
 * Waits a little for what the container says first, as the status cannot be changed afterwards: a run that nobody takes
 * is 503. From then on every piece is a line (docs/compat/mystic.md: Streams).
 */
export async function streamRun(
  context: Context,
  call: Asked<operations['streamRun']>,
  silence = unheard,
): Promise<Streamed> {
  const { run, pieces, close } = await beginStream(context, wantedOf(call, false));
  const known = await shown(context, run);
  const result = async (piece: Piece) => {
    const [outputs = null] = await outputsOf(context, [{ id: run.id, outputs: piece.outputs }]);
    return runResult({ ...known, ...piece, outputs });
  };
  const first = pieces.next();
  const early = await unlessSilent(first, silence);
  if (early?.value?.state === 'no_resources_available') throw nobody(await result(early.value));

  async function* source() {
    if (!early) yield still;
    for (let next = first; ; next = pieces.next()) {
      const { done, value } = await next;
      if (done) return;
      yield `${writeJsonLine(await result(value))}\n`;
    }
  }
  const body = { source: source(), close, still, silence };
  return new Streamed({ headers: { 'Content-Type': 'application/json', 'X-Accel-Buffering': 'no' }, body });
}

async function getContainer(context: Context, { id = '' }: Call): Promise<Schemas['Container']> {
  return { url: await containerOf(context, id) };
}

async function setContainerOf(context: Context, call: Asked<operations['setContainer']>) {
  return { url: await setContainer(context, call.id ?? '', call.body.url ?? null) };
}

function wantedOf({ body }: Asked<operations['createRun']>, waits: boolean): Wanted {
  return { pipeline: body.pipeline, inputs: inputsOf(body.inputs), waits: body.wait_for_resources ?? waits };
}

/** What of inputs is kept and sent. */
export function inputsOf(inputs: Schemas['RunInput'][] = []): RunInput[] {
  return inputs.map(({ type, value, file_name, file_path, file_url }) => {
    return { type, value, file_name, file_path, file_url } as RunInput;
  });
}

/** A run that was just made, as its reader sees it. */
async function shown(context: Context, run: RunRow): Promise<Shown> {
  const [one] = await show(runs, 'detail', context, [run], { query: {}, body: {}, page: { offset: 0, order: [] } });
  return one as Shown;
}

const nobody = (run: object) => new Failure('unavailable', 'Nobody is there to take the run.', { reason: { run } });

async function listRuns(context: Context, call: Call) {
  const page = await act(runs, 'list')(context, call);
  return { ...page, rows: page.rows.map((run) => runGet(run, call)) };
}

/** What the operations on runs do. */
export const runHandlers = {
  listRuns,
  createRun,
  streamRun,
  getRun: one(act(runs, 'detail'), runResult),
  getDetailedRun: one((context, call) => act(runs, 'detail')(context, { ...call, format: 'detailed' }), runDetailed),
  // A run that there is has written nothing that we have.
  getRunLogs: one(act(runs, 'detail'), (): Schemas['Logs'] => ({ log_entries: [] })),
  getContainer,
  setContainer: setContainerOf,
};
