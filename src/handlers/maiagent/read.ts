import type { Contract, Node, Operation } from '../../contract.ts';
import { type Convert, shaper } from '../../shape.ts';
import type { Request } from '../../surface.ts';
import { snake } from './names.ts';

const truths = new Set(['t', 'true', 'y', 'yes', 'on', '1']);
const lies = new Set(['f', 'false', 'n', 'no', 'off', '0']);

/** What Django REST framework reads for a value of another type; what it does not read stays, for the validator to refuse. */
const lenient: Record<string, Convert> = {
  string: (value) => (typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : value),
  integer: (value) =>
    typeof value === 'string' && /^\s*[+-]?\d{1,300}(\.0*)?\s*$/.test(value) ? Number(value) : value,
  number: (value) =>
    typeof value === 'string' && /^\s*[+-]?(\d{1,300}\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(value)
      ? finite(value)
      : value,
  boolean(value) {
    const word = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
    return truths.has(word) ? true : lies.has(word) ? false : value;
  },
};

/** RFC 9562 §4 in RFC 8141's form, too: the validator takes it for one, Postgres does not. */
const uuid: Convert = (value) => (typeof value === 'string' ? value.trim().replace(/^urn:uuid:/i, '') : value);

function finite(text: string): unknown {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * What a body means, before it is checked: names in camelCase where they came in snake_case, texts without blanks around
 * them (passwords keep theirs), numbers and truths that were written as texts (wire/maiagent.md §2.1, §4.2).
 */
export function reader({ request, form, query }: Operation, contract: Contract) {
  const convert = shaper(contract, request ?? form, {
    names: (property) => ({ from: [property, snake(property)], to: property }),
    leaf: (schema) => (isKept(schema) ? undefined : schema.format === 'uuid' ? uuid : lenient[typeOf(schema)]),
  });
  const { properties = {} } = (request ?? {}) as { properties?: object };
  // Parameters of an address that are fields of the body as well may come in either place (wire/maiagent.md §2.3).
  const shared = query.filter((name) => Object.hasOwn(properties, name));
  if (shared.length === 0) return convert;
  return (body: unknown, { query: asked }: Request) => {
    const read = convert(body);
    if (!read || typeof read !== 'object' || Array.isArray(read)) return read;
    const given = shared.map((name) => [name, asked[name] ?? asked[snake(name)]] as const);
    const missing = given.filter(([name, value]) => value !== undefined && !Object.hasOwn(read, name));
    return { ...read, ...Object.fromEntries(missing) };
  };
}

function isKept({ format }: Node): boolean {
  return format === 'password' || format === 'binary';
}

/** The type of a schema, `null` aside. */
export function typeOf({ type }: Node): string {
  return String([type].flat().find((name) => name !== 'null') ?? '');
}
