/**
 * Milliseconds before a request is sent again: at random up to a bound that doubles with each, 8 seconds at most, so that
 * callers that failed together do not come back together.
 */
export const backoff = (attempt: number): number => Math.random() * Math.min(8000, 250 * 2 ** attempt) + 50;

/** Waits. Throws the signal's reason as soon as it is aborted. */
export function wait(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
