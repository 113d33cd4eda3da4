import type { IncomingMessage } from 'node:http';
import { Failure } from '../contract/failure.ts';

/** How slowly a body may come: at least so many bytes in each window (milliseconds). */
export interface Slowest {
  window: number;
  bytes: number;
}

/** Of whom nobody knows who they are, less is waited for. */
export const paces: Record<'known' | 'anonymous', Slowest> = {
  known: { window: 30_000, bytes: 240 * 1024 },
  anonymous: { window: 10_000, bytes: 80 * 1024 },
};

/** The rate below which nobody is waited for; bytes per second, the same for everybody. */
export const slowestRate = 8 * 1024;

/**
 * What `work` makes of the body of a request, while the body comes at no less than this pace. Throws `too_slow` otherwise,
 * whatever becomes of the work. Counted on the socket, so that nothing is read before somebody wants it.
 */
export async function atPace<T>(request: IncomingMessage, { window, bytes }: Slowest, work: Promise<T>): Promise<T> {
  const { socket } = request;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    let seen = socket.bytesRead;
    timer = setInterval(() => {
      const came = socket.bytesRead - seen;
      seen += came;
      if (!request.complete && came < bytes) reject(new Failure('too_slow', 'The body came too slowly.'));
    }, window);
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearInterval(timer));
}
