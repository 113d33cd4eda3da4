import type { Method, Surface } from '../../../scripts/clients/model.js';
import type { Contract } from '../../../src/contract/contract.ts';
import { contractChecker } from '../contract.ts';
import { contracts, distance, documentedOf } from './documented.ts';

/** The surfaces that document each status by itself; on the others, all that is no 401, 422 or 429 is told by its hundred. */
const explicit = ['latchkey', 'maiagent'];
/** Statuses of the protocol and of a key's own limits, which are told by their hundred everywhere: they say nothing of what an operation does. */
const ofProtocol = [405, 406, 408, 413, 414, 415, 429, 431, 500, 503];

/** How a refusal was held: word for word, or by its shape alone. */
export type Held = 'exact' | 'shape';

/** What of a refusal is not as documented; or how it was held. */
export function heldError(
  surface: Surface,
  method: Method,
  { status, type, text }: { status: number; type: string; text: string },
): string | Held {
  const { verb, path, id } = method;
  const documented = documentedOf(surface, method, status);
  const at = `${id} ${status}`;
  if (!documented) return `${at}: is not documented`;
  if (explicit.includes(surface.surface) && !method.errors.includes(String(status)) && !ofProtocol.includes(status))
    return `${at}: is documented by its hundred alone: ${text.slice(0, 200)}`;
  if (documented.types.length === 0) return text === '' ? 'exact' : `${at}: no body is documented`;
  // Of methods that are not there a contract says nothing.
  if (status === 405 && text === '') return 'exact';
  const contract = contracts[surface.surface] as Contract;
  const body = JSON.parse(text);
  const wrong = contractChecker(contract)(verb, `${surface.base}${path}`, {
    status,
    type: type.replace(/;.*/, ''),
    body,
  });
  if (wrong) return `${at}: ${wrong}`;
  const examples = documented.examples.map(([name, value]): [string, unknown] => [name, withoutNumbers(value)]);
  if (distance(examples, withoutNumbers(body)).length === 0) return 'exact';
  const shapes = documented.examples.map(([, value]) => shapeOf(value));
  return shapes.includes(shapeOf(body)) ? 'shape' : `${at}: has the shape of no example: ${text.slice(0, 300)}`;
}

/** A value with its numbers within sentences told by their place: how long to wait, how many there may be. */
const withoutNumbers = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/(?<=[ ("])\d+(?=[ .,s])/g, '9'));

/** The words that a refusal tells by; what a field is called is not among them. */
const known = [
  'detail',
  'error',
  'message',
  'code',
  'error_code',
  'msg',
  'hint',
  'type',
  'status',
  'parameter',
  'loc',
  'error_description',
  'nonFieldErrors',
  'url_parameters',
  'messages',
];

/** A value's shape: which of the words it has, and of what type; lists by their items. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value))
    return `[${[...new Set(value.map(shapeOf))]
      .filter((one) => one !== '{}')
      .sort()
      .join('|')}]`;
  if (typeof value !== 'object' || value === null) return typeof value;
  // What a rule says besides is another with each rule.
  const said = Object.entries(value).filter(([name]) => name !== 'ctx');
  const parts = said.map(
    ([name, one]) => `${known.includes(name) && !Array.isArray(one) ? name : '*'}:${shapeOf(one)}`,
  );
  return `{${[...new Set(parts)].sort().join()}}`;
}
