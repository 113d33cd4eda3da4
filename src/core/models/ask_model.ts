import { setTimeout as after } from 'node:timers/promises';
import { APIUserAbortError, BadRequestError } from 'openai';
import { isPassing } from './failing_model.ts';

/** How long is waited, in milliseconds; and between one try and the next. */
export interface ModelPace {
  /** For the whole of an answer that comes at once, and for the first words of one that comes in pieces. */
  answer: number;
  /** For the next words. */
  pause: number;
  tries: readonly number[];
}

export const usualPace: ModelPace = { answer: 300_000, pause: 120_000, tries: [250, 1_000] };

/** Does it, and once more where nobody was there or the server was at fault. Throws what the last try threw. */
export async function tried<Result>(
  work: () => Promise<Result>,
  { tries }: ModelPace,
  signal: AbortSignal,
): Promise<Result> {
  for (const pause of tries) {
    try {
      return await work();
    } catch (thrown) {
      if (signal.aborted || thrown instanceof APIUserAbortError || !isPassing(thrown)) throw thrown;
      await after(pause, undefined, { signal });
    }
  }
  return work();
}

/** Does it with the first of several bodies that the server does not find bad. Throws what the last one met. */
export async function firstTaken<Body, Result>(
  bodies: readonly Body[],
  work: (body: Body) => Promise<Result>,
): Promise<Result> {
  const [body, ...others] = bodies;
  try {
    return await work(body as Body);
  } catch (thrown) {
    if (others.length === 0 || !(thrown instanceof BadRequestError)) throw thrown;
    return firstTaken(others, work);
  }
}
