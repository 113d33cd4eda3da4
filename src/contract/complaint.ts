import { Failure, type Fault, type Kind } from './failure.ts';

/** What express-openapi-validator throws: an HTTP status, and what is wrong where. */
interface Complaint {
  status: number;
  path?: string;
  message: string;
  errors?: { path: string; message: string; errorCode?: string }[];
}

const kinds: Record<number, Kind> = { 400: 'invalid', 404: 'not_found', 406: 'not_acceptable', 415: 'unsupported' };

/**
 * A complaint of the validator as a Failure, and anything else as it is. Fields are named as the caller wrote them:
 * without `request/body/…`, and with what `name` makes of what the validator was shown.
 */
export function fromValidator(thrown: unknown, name: (shown: string) => string): unknown {
  const { status, path, message, errors } = thrown as Complaint;
  const kind = kinds[status];
  if (!(thrown instanceof Error) || !kind) return thrown;
  if (kind !== 'invalid') return new Failure(kind, sentence(message), { cause: thrown });

  const fields = new Map<string, string[]>();
  const faults: Fault[] = [];
  for (const error of errors?.length ? errors : [{ path: path ?? '', message }]) {
    // Where null is one of the allowed values, the validator writes nothing for it.
    const complaint = error.message.replace(/, $/, '');
    const steps = error.path.split('/').slice(1);
    faults.push({
      path: steps.map(unescaped).map(name),
      keyword: error.errorCode?.split('.')[0] ?? '',
      message: complaint,
    });
    const field = name(steps.slice(1).join('.')) || 'body';
    const list = fields.get(field) ?? [];
    fields.set(field, list);
    const words = worded(name(complaint));
    if (!list.includes(words)) list.push(words);
  }
  const all = [...fields].map(([field, messages]) => `${field} ${messages.join(' and ')}`);
  return new Failure('invalid', sentence(all.join('; ')), {
    fields: Object.fromEntries(fields),
    reason: { faults },
    cause: thrown,
  });
}

/** The validator's messages, said of the field that they are about. */
function worded(message: string): string {
  if (message.startsWith('must have required property')) return 'is required';
  if (message.startsWith('Empty value')) return 'must not be empty';
  if (message.startsWith('Unknown query parameter')) return 'is not a known parameter';
  if (/^must be \w+(,\w+)+$/.test(message)) return message.replaceAll(',', ' or ');
  return message === 'must NOT have additional properties' ? 'is not a known attribute' : message;
}

/** A step of a JSON pointer, as it is (RFC 6901 §4). */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function sentence(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}
