import type { Response } from 'express';

/**
 * Says in `Server-Timing` (w3.org/TR/server-timing) how long each step of an answer took, in milliseconds. Each call ends a step,
 * by its name; what comes after the last one is `rest`.
 */
export function timing(response: Response): (step: string) => void {
  const began = performance.now();
  let last = began;
  const steps: string[] = [];
  const lap = (step: string) => {
    const now = performance.now();
    steps.push(`${step};dur=${(now - last).toFixed(1)}`);
    last = now;
  };
  const writeHead = response.writeHead;
  response.writeHead = function (this: Response, status: number, ...rest: never[]) {
    lap('rest');
    if (!this.headersSent) this.set('Server-Timing', `${steps.join(', ')}, total;dur=${(last - began).toFixed(1)}`);
    return writeHead.call(this, status, ...rest);
  } as Response['writeHead'];
  return lap;
}
