import { Exact, writeJson } from '../../contract/json.ts';
import type { House } from '../house.ts';
import { idOf } from '../ids.ts';
import { lossOf, reach, type Terms, whole } from './container.ts';
import { addressed } from './inputs.ts';
import type { Held, Lease } from './lease.ts';
import { outcomeOf } from './outcome.ts';
import { keepOutputs } from './outputs.ts';
import { failed, type Outcome, type Pace, type RunInput } from './row.ts';

/** How a try went; `busy`: the container has the run in hand from an earlier one. */
export type Tried = Outcome | { state: 'busy' };

/** How to speak to containers here; `signal` ends it. */
export const termsOf = ({ config }: House, { connect }: Pace, signal: AbortSignal, { holds }: Lease): Terms => {
  return { reach: config.containerReach, connect, signal, may: holds };
};

/** What is sent of a run, wherever it is sent: its files have addresses, good for an hour at least (docs/runs.md). */
export async function sentOf(house: House, run: Held): Promise<string> {
  const { id, origin, account_id: accountId } = run;
  const inputs = origin === null ? run.inputs : await addressed({ house, db: house.db, accountId, origin }, run.inputs);
  return `{"run_id":"${idOf('run', id)}","inputs":[${inputs.map(inputText).join()}],"async_run":false}`;
}

/** JSON, with a decimal point where the value is one: `2.0` is a float in Python, and `2` is none. */
function inputText(input: RunInput): string {
  const { value } = input;
  const text = value instanceof Exact ? value.text : String(value);
  const isBare = input.type === 'fp' && typeof value !== 'string' && /^-?\d+$/.test(text);
  return writeJson(isBare ? { ...input, value: new Exact(`${text}.0`) } : input);
}

/** Whether somebody is there to take runs. One who has broken off, or is loading, is not; `busy`: with this very run. */
export async function stateOf(base: string, run: Held, terms: Terms): Promise<'there' | 'absent' | 'busy'> {
  try {
    const response = await reach(base, '/v4/container/state', undefined, terms);
    const isLoading = response.statusCode === 503;
    if (isLoading || run.sent_at === null) {
      response.destroy();
      return isLoading ? 'absent' : 'there';
    }
    // It was sent before, by somebody whose connection may be open yet.
    return (await whole(response)).includes(`"${idOf('run', run.id)}"`) ? 'busy' : 'there';
  } catch (thrown) {
    if (lossOf(thrown)) return 'absent';
    throw thrown;
  }
}

/**
 * Sends a run to its container once, waits for the answer, and fetches the files that it names. Throws when it is cut short
 * through the signal, and for what is wrong with the database.
 */
export async function attempt(house: House, run: Held, pace: Pace, signal: AbortSignal, lease: Lease): Promise<Tried> {
  const { container_url: base } = run;
  if (base === null) return { state: 'absent' };
  const terms = termsOf(house, pace, signal, lease);
  const lost = (thrown: unknown) => {
    if (signal.aborted) throw thrown;
    return outcomeOfLoss(house, run, thrown);
  };
  const state = await stateOf(base, run, terms).catch(lost);
  if (typeof state === 'object') return state;
  if (state !== 'there') return { state };

  const body = await sentOf(house, run);
  await lease.confirm();
  signal.throwIfAborted();
  const outcome = await send(base, body, terms).catch(lost);
  if (outcome.state !== 'completed') return outcome;
  const why = await keepOutputs({ house, run, terms, pause: pace.pause }, outcome.outputs, new Set());
  return why === undefined ? outcome : { ...failed(why), outputs: outcome.outputs };
}

async function send(base: string, body: string, terms: Terms): Promise<Outcome> {
  const response = await reach(base, '/v4/runs', body, terms);
  return outcomeOf(response.statusCode ?? 0, await whole(response));
}

/** What it means for a run that its container could not be asked. The address is the owner's: only the log has it. */
export function outcomeOfLoss({ log }: House, { id }: Held, thrown: unknown): Outcome {
  const loss = lossOf(thrown);
  if (loss === 'absent') return { state: 'absent' };
  const { code, message } = thrown as NodeJS.ErrnoException;
  log.warn({ run_id: id, reason: message, code }, 'a container could not be asked');
  if (loss === 'lost') return { ...failed('The container was lost while it was at work'), state: 'node_preempted' };
  if (code === 'NOT_PUBLIC') return failed('The container has no public address, and no other may be asked');
  return failed(code ? `The container could not be asked (${code})` : message);
}
