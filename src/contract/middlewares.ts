import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Runs middlewares in order. One that calls `next` with an error after all have run is a late one. */
export function run(
  steps: readonly RequestHandler[],
  request: Request,
  response: Response,
  late: (thrown: unknown) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    const step = (index: number): NextFunction =>
      ((thrown?: unknown) => {
        if (done) return thrown === undefined ? undefined : late(thrown);
        const next = steps[index];
        if (next && thrown === undefined) return void next(request, response, step(index + 1));
        done = true;
        return thrown === undefined ? resolve() : reject(thrown);
      }) as NextFunction;
    step(0)();
  });
}
