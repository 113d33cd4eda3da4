import type { Readable } from 'node:stream';

/** An answer that is sent as it arrives, instead of a JSON body. A handler returns it; nothing of it is checked. */
export class Streamed {
  constructor(
    /** `status`: the operation's success where it is not said. The body is closed when the caller goes. */
    readonly reply: { status?: number; headers: Record<string, string>; body: Readable | Flow },
  ) {}
}

/** What is said piece by piece, as it comes. */
export interface Flow {
  source: AsyncGenerator<string, void>;
  /** Ends the source, wherever it is. */
  close(): void;
  /** What is said while there is nothing to say. */
  still: string;
  /** How long there is nothing before that; milliseconds. */
  silence: number;
}

/** While a stream has nothing to say, something is sent so often that nobody takes it for dead; milliseconds. */
export const unheard = 15_000;

/** What is thrown where nobody is there any more to be told: it is no fault, and not logged as one. */
export function callerLeft(): Error {
  return Object.assign(new Error('the caller has left'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

/** What is promised, or undefined after a while in which nothing came. */
export function unlessSilent<T>(promise: Promise<T>, silence: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout;
  const enough = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, silence, undefined);
  });
  return Promise.race([promise, enough]).finally(() => clearTimeout(timer));
}
