import { setTimeout as after } from 'node:timers/promises';
import type { House } from '../house.ts';
import { outcomeOfLoss, sentOf, stateOf, termsOf } from './attempt.ts';
import { lines, reach, type Terms, whole } from './container.ts';
import { type Cut, finish, type Held, keep, type Lease } from './lease.ts';
import { outcomeOf } from './outcome.ts';
import { keepOutputs } from './outputs.ts';
import { failed, type Outcome, type Pace, type RunRow, tooSlow } from './row.ts';

/** What a stream has to say: all outputs, each with its next value, or how the run ended. */
export type Piece = Pick<RunRow, 'state' | 'outputs' | 'error'>;

/** A run whose outputs come as they are made. `close` ends it, wherever it is: the caller is gone. */
export interface Stream {
  run: RunRow;
  pieces: AsyncGenerator<Piece, void>;
  close(): void;
}

/**
 * Sends a run that is in hand to its container's stream (docs/compat/mystic.md: Streams). The last piece says so where
 * the run did not complete. However it ends, the end is written before the generator returns.
 */
export function stream(house: House, run: Held, pace: Pace): Stream {
  const cutter = new AbortController();
  const cut = (why: Cut) => cutter.abort(why);
  const pieces = work(house, run, pace, cutter);
  const close = () => {
    cut('gone');
    // Between two pieces nobody would ask for the next one. The database may not hear of it: then the lease ends it.
    pieces
      .return()
      .catch(({ message }: Error) => house.log.warn({ run_id: run.id, reason: message }, 'a stream was lost'));
  };
  return { run, pieces, close };
}

async function* work(house: House, run: Held, pace: Pace, cutter: AbortController): AsyncGenerator<Piece, void> {
  const began = performance.now();
  const cut = (why: Cut) => cutter.abort(why);
  const lease = keep(house, run, pace, cut);
  const terms = termsOf(house, pace, cutter.signal, lease);
  const files = new Set<string>();
  const overdue = setTimeout(cut, pace.limit, 'overdue');
  // A reader who leaves between two pieces ends the generator there.
  let end: Outcome = gone;
  try {
    let outputs: RunRow['outputs'] = null;
    for await (const outcome of outcomes(house, run, pace, terms, lease)) {
      end = outcome;
      if (outcome.state !== 'completed') break;
      const why = await keepOutputs({ house, run, terms, pause: pace.pause }, outcome.outputs, files);
      if (why !== undefined) {
        end = { ...failed(why), outputs: outcome.outputs };
        break;
      }
      end = gone;
      outputs = outcome.outputs;
      yield { state: 'running', outputs, error: null };
    }
    if (end === gone) end = { state: 'completed', outputs, error: null };
  } catch (thrown) {
    if (!cutter.signal.aborted) house.log.warn({ err: thrown, run_id: run.id }, 'a stream ended in an error of ours');
    end = cutter.signal.aborted ? cuts[cutter.signal.reason as Cut](pace) : broken;
  } finally {
    clearTimeout(overdue);
    lease.release();
    cut('gone');
    await finish(house, run, end, performance.now() - began);
  }
  if (end.state === 'absent') yield { state: 'no_resources_available', outputs: null, error: null };
  else if (end.state !== 'completed') yield end;
}

const gone = failed('The stream was cut off before the run had ended');
const broken = failed('The server could not go on with the stream');
const cuts: Record<Cut, (pace: Pace) => Outcome> = {
  gone: () => gone,
  overdue: tooSlow,
  stopping: () => gone,
  lost: () => failed('The run was lost sight of while it was streaming'),
};

/** What the container says, line by line: a result each; or one that is no stream; or why it says nothing more. */
async function* outcomes(house: House, run: Held, pace: Pace, terms: Terms, lease: Lease): AsyncGenerator<Outcome> {
  const { signal } = terms;
  const { container_url: base } = run;
  const lost = (thrown: unknown) => {
    if (signal.aborted) throw thrown;
    return outcomeOfLoss(house, run, thrown);
  };
  const look = async () => (base === null ? 'absent' : await stateOf(base, run, terms).catch(lost));
  const patience = run.waits ? pace.patience : 0;
  let state = await look();
  for (const since = performance.now(); state === 'absent'; state = await look()) {
    if (performance.now() - since >= patience) return yield { state: 'absent' };
    await after(pace.pause, undefined, { signal });
  }
  if (typeof state === 'object') return yield state;
  const body = await sentOf(house, run);
  await lease.confirm();
  signal.throwIfAborted();
  try {
    const response = await reach(base ?? '', '/v4/runs/stream', body, terms);
    const status = response.statusCode ?? 0;
    if (status !== 200) return yield outcomeOf(status, await whole(response));
    for await (const line of lines(response)) yield outcomeOf(status, line);
  } catch (thrown) {
    yield lost(thrown);
  }
}
