import type { Contract, Node, Operation } from '../../contract/contract.ts';
import { Exact } from '../../contract/json.ts';
import { type Convert, shaper } from '../../contract/shape.ts';
import type { Request } from '../../wire/surface.ts';
import { snake } from './camel_case.ts';
import { uuidOf } from './python_uuid.ts';

const truths = new Set(['t', 'true', 'y', 'yes', 'on', '1']);
const lies = new Set(['f', 'false', 'n', 'no', 'off', '0']);

/**
 * What Django REST framework reads for a value of another type; what it does not read stays, for the validator to
 * refuse.
 */
const lenient: Record<string, Convert> = {
  string: (value) => (typeof value === 'string' ? value.trim() : isNumber(value) ? pythonText(value) : value),
  integer: (value) =>
    typeof value === 'string' && /^\s*[+-]?\d{1,300}(\.0*)?\s*$/.test(value) ? Number(value) : value,
  number: (value) =>
    typeof value === 'string' && /^\s*[+-]?(\d{1,300}\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(value)
      ? finite(value)
      : typeof value === 'boolean'
        ? Number(value)
        : value,
  boolean(value) {
    const number = value instanceof Exact ? Number(value.text) : value;
    const word = typeof number === 'string' || typeof number === 'number' ? String(number).toLowerCase() : '';
    return truths.has(word) ? true : lies.has(word) ? false : value;
  },
};

const isNumber = (value: unknown): value is number | Exact => typeof value === 'number' || value instanceof Exact;

/** A number as Python's `str` writes it. */
function pythonText(value: number | Exact): string {
  const text = value instanceof Exact ? value.text : String(value);
  if (/^-?\d+$/.test(text)) return String(BigInt(text));
  const number = Number(text);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf';
  return Number.isInteger(number) && Math.abs(number) < 1e16 ? `${number}.0` : String(number);
}

function finite(text: string): unknown {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * What a body means, before it is checked: names in camelCase where they came in snake_case, texts without blanks
 * around them (passwords keep theirs), numbers and truths that were written as texts (docs/compat/maiagent.md: Reading
 * a request, Sentences).
 */
export function reader({ request, form, query }: Operation, contract: Contract) {
  const convert = shaper(contract, request ?? form, {
    names: (property, { 'x-also': also = [] }) => ({
      from: [property, ...(also as string[])].flatMap((name) => [name, snake(name)]),
      to: property,
    }),
    leaf: (schema) =>
      isKept(schema) ? undefined : schema.format === 'uuid' ? pointing(schema) : lenient[typeOf(schema)],
  });
  const { properties = {} } = (request ?? {}) as { properties?: object };
  // Parameters of an address that are fields of the body as well may come in either place (docs/compat/maiagent.md:
  // Knowledge bases).
  const shared = query.filter((name) => Object.hasOwn(properties, name));
  if (shared.length === 0) return convert;
  return (body: unknown, { query: asked }: Request) => {
    const read = convert(body);
    if (!read || typeof read !== 'object' || Array.isArray(read)) return read;
    const given = shared.map((name) => [name, asked[name] ?? asked[snake(name)]] as const);
    const missing = given.filter(([name, value]) => value !== undefined && !Object.hasOwn(read, name));
    return { ...read, ...(convert(Object.fromEntries(missing)) as object) };
  };
}

/** A UUID; where there may be none, an empty text is none, as for Django's foreign keys. */
function pointing({ type }: Node): Convert {
  const isNullable = [type].flat().includes('null');
  return (value) => (isNullable && value === '' ? null : uuidOf(value));
}

function isKept({ format }: Node): boolean {
  return format === 'password' || format === 'binary';
}

/** The type of a schema, `null` aside. */
export function typeOf({ type }: Node): string {
  return String([type].flat().find((name) => name !== 'null') ?? '');
}
