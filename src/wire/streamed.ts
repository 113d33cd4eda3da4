import { Readable } from 'node:stream';

/** An answer that is sent as it arrives, instead of a JSON body. A handler returns it; nothing of it is checked. */
export class Streamed {
  constructor(
    /** `status`: the operation's success where it is not said. The body is closed when the caller goes. */
    readonly reply: { status?: number; headers: Record<string, string>; body: Readable },
  ) {}
}

/** While a stream has nothing to say, something is sent so often that nobody takes it for dead; milliseconds. */
export const unheard = 15_000;

/** A reader who takes nothing for so long, though there is something, has stopped reading; milliseconds. */
export const unread = 120_000;

/**
 * A body of what a source says, piece by piece; `close` ends the source wherever it is, once nobody reads any more. The next piece is
 * asked for when there is room for it: a slow reader holds the source up.
 */
export function flowing(source: AsyncGenerator<string, void>, close: () => void, patience = unread): Readable {
  let stalled: NodeJS.Timeout | undefined;
  const give = (body: Readable, piece: string | null) => {
    if (body.destroyed || body.push(piece) || piece === null) return;
    stalled = setTimeout(() => body.destroy(callerLeft()), patience).unref();
  };
  // Not `Readable.from`: it would not be closed before the next piece has come.
  const body: Readable = new Readable({
    read() {
      clearTimeout(stalled);
      source.next().then(
        ({ value }) => give(body, value ?? null),
        (thrown: Error) => body.destroy(thrown),
      );
    },
    destroy(error, done) {
      clearTimeout(stalled);
      close();
      done(error);
    },
  });
  return body;
}

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
