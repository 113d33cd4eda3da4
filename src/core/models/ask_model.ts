import { setTimeout as after } from 'node:timers/promises';
import OpenAI, { APIUserAbortError, BadRequestError } from 'openai';
import { isPassing } from './failing_model.ts';
import type { Model } from './model.ts';
import { overHttp } from './over_http.ts';

/** How long is waited, in milliseconds; and between one try and the next. */
export interface ModelPace {
  /** For the whole of an answer that comes at once, and for the first words of one that comes in pieces. */
  answer: number;
  /** For the next words. */
  pause: number;
  tries: readonly number[];
}

export const usualPace: ModelPace = { answer: 300_000, pause: 120_000, tries: [250, 1_000] };

const fetch = overHttp();

/** The client of a model. Nothing of the environment is in it, nothing is logged, and it never tries again by itself. */
export function clientOf({ baseUrl, apiKey }: Model, { answer }: ModelPace): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    ...{ organization: null, project: null, webhookSecret: null, adminAPIKey: null },
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    maxRetries: 0,
    timeout: answer,
    logLevel: 'off',
    fetch,
  });
}

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
