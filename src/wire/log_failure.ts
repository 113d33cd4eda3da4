import type { Request } from 'express';
import type { Failure } from '../contract/failure.ts';
import type { House } from '../core/house.ts';

/** Failures of ours go to the log: the private cause, without what Postgres quotes of a row. */
export function logFailure({ kind, message, cause, reason }: Failure, request: Request, { log }: House): void {
  // A run that nobody takes is no fault of ours.
  if ((kind !== 'internal' && kind !== 'unavailable') || (reason && 'run' in reason)) return;
  const { name, message: words, stack, code } = (cause ?? {}) as Error & { code?: unknown };
  log.error(
    { requestId: request.id, kind, err: { type: name, message: words ?? String(cause), stack, code } },
    message,
  );
}
