import type { House } from '../../house.ts';
import { idOf } from '../ids.ts';
import { lossOf, reach, whole } from './container.ts';
import type { Held } from './lease.ts';
import { outcomeOf } from './outcome.ts';
import { failed, type Outcome, type Pace, type RunInput } from './row.ts';

/** How to speak to containers here; `signal` ends it. */
export const termsOf = ({ config }: House, { connect }: Pace, signal: AbortSignal) => {
  return { anywhere: config.privateContainers, connect, signal };
};

/** What is sent of a run, wherever it is sent (wire/mystic.md §6.3). */
export const sentOf = ({ id, inputs }: Held) =>
  `{"run_id":"${idOf('run', id)}","inputs":[${inputs.map(inputText).join()}],"async_run":false}`;

/** JSON, with a decimal point where the value is one: `2.0` is a float in Python, and `2` is none. */
function inputText(input: RunInput): string {
  const { value, ...rest } = input;
  const isBare = input.type === 'fp' && typeof value === 'number' && /^-?\d+$/.test(String(value));
  return isBare ? `{"value":${value}.0,${JSON.stringify(rest).slice(1)}` : JSON.stringify(input);
}

/** Whether somebody is there to take runs. One who has broken off, or is loading, is not. */
export async function isThere(base: string, terms: Parameters<typeof reach>[3]): Promise<boolean> {
  try {
    const response = await reach(base, '/v4/container/state', undefined, terms);
    response.destroy();
    return response.statusCode !== 503;
  } catch (thrown) {
    if (lossOf(thrown)) return false;
    throw thrown;
  }
}

/** Sends a run to its container once, and waits for the answer. Throws only when it is cut short through the signal. */
export async function attempt(house: House, run: Held, pace: Pace, signal: AbortSignal): Promise<Outcome> {
  const { container_url: base } = run;
  const terms = termsOf(house, pace, signal);
  try {
    if (base === null || !(await isThere(base, terms))) return { state: 'absent' };
    const response = await reach(base, '/v4/runs', sentOf(run), terms);
    return outcomeOf(response.statusCode ?? 0, await whole(response));
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return outcomeOfLoss(house, run, thrown);
  }
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
