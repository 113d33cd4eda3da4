import type { Failure } from '../../contract/failure.ts';
import type { Envelope } from '../../wire/surface.ts';
import { statuses } from '../http_statuses.ts';
import { told } from './pydantic.ts';

/** The answer to a Failure: `{"detail": {"message"}}`, or a list of faults with 422 (docs/compat/mystic.md: Errors). */
export function answerFailure(failure: Failure): ReturnType<Envelope['failure']> {
  const { kind, message, reason } = failure;
  if (reason && 'run' in reason) return { status: statuses[kind], body: reason.run };
  if (reason && 'faults' in reason) return { status: 422, body: { detail: reason.faults.map(told) } };
  if (reason && 'json' in reason) {
    return { status: 422, body: { detail: [{ loc: ['body'], msg: message, type: 'value_error.jsondecode' }] } };
  }
  const headers = kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {};
  const parameter = parameterOf(failure);
  const sentence = sentenceOf(failure) ?? message;
  return { status: statuses[kind], headers, body: { detail: { message: sentence, ...(parameter && { parameter }) } } };
}

function sentenceOf({ kind, reason }: Failure): string | undefined {
  if (kind === 'unauthenticated') return 'Not authenticated.';
  if (reason && 'refusal' in reason) return 'Permission denied accessing resource instance';
  return undefined;
}

/** What of the request it is about. */
function parameterOf({ reason, fields }: Failure): string | undefined {
  if (reason && 'refusal' in reason) return reason.refusal.resource.replace(/s$/, '');
  return Object.keys(fields ?? {})[0];
}
