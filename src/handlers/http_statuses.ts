import type { Kind } from '../contract/failure.ts';

/** The HTTP status of each kind of failure (RFC 9110 §15), where a surface has no other. */
export const statuses: Record<Kind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  not_allowed: 405,
  not_acceptable: 406,
  too_slow: 408,
  conflict: 409,
  stale: 412,
  too_large: 413,
  unsupported: 415,
  mismatch: 422,
  precondition_required: 428,
  too_many: 429,
  upstream: 502,
  unavailable: 503,
  upstream_late: 504,
  internal: 500,
};
