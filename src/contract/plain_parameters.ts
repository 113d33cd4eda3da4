import { type Contract, type Node, type Operation, resolve } from './contract.ts';

/** What a text in an address stands for, if it is plainly good: undefined leaves it to the validator. */
type Read = (text: string) => string | number | boolean | undefined;

/** Parameters of a request as the validator would leave them. */
export interface Plain {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
}

/** Tells what parameters stand for, where they are plainly good; undefined where only the validator can tell. */
export type ReadPlain = (
  params: Record<string, string>,
  query: Record<string, unknown>,
  headers: Record<string, unknown>,
) => Plain | undefined;

/** Keywords of a schema that say nothing of the value. */
const silent = new Set(['type', 'description', 'example', 'examples', 'default', 'title', 'deprecated', 'readOnly']);

const uuid = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

/**
 * Made once per operation: the validator is asked only for what is not known to be good already. That is so where there is no body,
 * and each parameter that came is a text, a whole number or a truth with no more than bounds, an enumeration or a pattern to it. Who is
 * refused hears of it from the validator, and where answers are checked, so does whoever is let in: both have to agree.
 */
export function plainReader(contract: Contract, operation: Operation, unknownQuery: boolean): ReadPlain | undefined {
  if (operation.accepts.length > 0) return undefined;
  const query = new Map<string, Read | undefined>();
  const params = new Map<string, Read>();
  const headers = new Map<string, Read | undefined>();
  const needed: string[] = [];
  const defaults: [string, unknown][] = [];
  for (const { in: place, name, schema, required } of operation.parameters) {
    const its = resolve(contract, (schema ?? {}) as Node);
    const read = reader(its);
    if (place === 'header') {
      if (required || its.default !== undefined) return undefined;
      headers.set(String(name).toLowerCase(), read);
    } else if (place === 'path') {
      if (!read) return undefined;
      params.set(String(name), read);
    } else if (place === 'query') {
      query.set(String(name), read);
      if (required) needed.push(String(name));
      if (its.default !== undefined) defaults.push([String(name), its.default]);
    } else return undefined;
  }

  return (givenParams, givenQuery, givenHeaders) => {
    const plain: Plain = { params: {}, query: {} };
    for (const [name, read] of headers) {
      const text = givenHeaders[name];
      if (text === undefined) continue;
      // What is no text is left to the validator, which puts what it stands for in its place.
      if (typeof text !== 'string' || read?.(text) !== text) return undefined;
    }
    for (const [name, text] of Object.entries(givenParams)) {
      const value = params.get(name)?.(text);
      if (value === undefined) return undefined;
      plain.params[name] = value;
    }
    for (const [name, text] of Object.entries(givenQuery)) {
      const isKnown = query.has(name);
      if (!isKnown && !unknownQuery) return undefined;
      const value = isKnown ? typeof text === 'string' && query.get(name)?.(text) : text;
      if (value === undefined || name === '__proto__' || (isKnown && typeof text !== 'string')) return undefined;
      plain.query[name] = value;
    }
    for (const name of needed) if (plain.query[name] === undefined) return undefined;
    for (const [name, value] of defaults) if (plain.query[name] === undefined) plain.query[name] = value;
    return plain;
  };
}

function reader(schema: Node): Read | undefined {
  const { type, enum: values, minimum, maximum, minLength, maxLength, pattern, format, ...more } = schema;
  if (Object.keys(more).some((keyword) => !silent.has(keyword) && !keyword.startsWith('x-'))) return undefined;
  const isOne = (value: unknown) => !Array.isArray(values) || values.includes(value);
  if (type === 'boolean' && !values && format === undefined)
    return (text) => (text === 'true' ? true : text === 'false' ? false : undefined);
  if (type === 'integer' && (format === undefined || format === 'int32') && pattern === undefined) {
    const [least, most] = [Number(minimum ?? Number.NEGATIVE_INFINITY), Number(maximum ?? Number.POSITIVE_INFINITY)];
    return (text) => {
      if (!/^(0|-?[1-9]\d{0,8})$/.test(text)) return undefined;
      const value = Number(text);
      return value >= least && value <= most && isOne(value) ? value : undefined;
    };
  }
  if (type !== 'string' || (format !== undefined && format !== 'uuid')) return undefined;
  const expression = typeof pattern === 'string' ? new RegExp(pattern, 'u') : undefined;
  const [least, most] = [Number(minLength ?? 1), Number(maxLength ?? 1000)];
  // Lengths are counted in characters, which those of ASCII are.
  const isFine = (text: string) =>
    text.length >= Math.max(1, least) && text.length <= most && /^[\x20-\x7e]*$/.test(text);
  return (text) =>
    isFine(text) && isOne(text) && (expression?.test(text) ?? true) && (format !== 'uuid' || uuid.test(text))
      ? text
      : undefined;
}
