import { RateLimiterRes } from 'rate-limiter-flexible';
import { Failure } from '../contract/failure.ts';

/** A refusal of the limiter as a `too_many` of ours; anything else as it is. */
export function tooMany(refused: unknown, limit: number): unknown {
  if (!(refused instanceof RateLimiterRes)) return refused;
  return comeBack(Math.max(1, Math.ceil(refused.msBeforeNext / 1000)), limit);
}

/** The `too_many` that says when to come back; seconds. */
export function comeBack(seconds: number, limit: number): Failure {
  return new Failure('too_many', `Too many requests. Please try again in ${seconds} s.`, {
    headers: {
      'Retry-After': String(seconds),
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + seconds),
    },
  });
}
