import { resolved } from '../../clients/contract.js';

const formats = {
  'date-time': 'string, a date and time (RFC 3339)',
  date: 'string, a date',
  uuid: 'string, a UUID',
  uri: 'string, a URL',
  email: 'string, an e-mail address',
  binary: 'file',
  byte: 'string, base64',
  'epoch-milliseconds': 'milliseconds since 1970',
  'epoch-seconds': 'seconds since 1970',
  ipv4: 'string, an IPv4 address',
  int32: 'integer',
  int64: 'integer',
};

/** The type of a schema in words: `list of strings`, `string or null`, `one of "a", "b"`. */
export function typeOf(contract, node) {
  const schema = resolved(contract, node) ?? {};
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return unique(choices.map((one) => typeOf(contract, one))).join(', or ');
  if (schema.const !== undefined) return `always ${JSON.stringify(schema.const)}`;
  const types = [
    schema.type ?? (schema.properties ? 'object' : schema.enum ? typeof schema.enum[0] : undefined),
  ].flat();
  const words = types.filter((type) => type && type !== 'null').map((type) => oneType(contract, schema, type));
  const all = [...unique(words), ...(types.includes('null') ? ['null'] : [])];
  return all.join(all[0]?.includes(',') ? ', or ' : ' or ') || (types.includes('null') ? 'null' : '');
}

const unique = (list) => [...new Set(list)];

function oneType(contract, schema, type) {
  if (type === 'array') {
    const items = plural(typeOf(contract, schema.items ?? {}));
    return items ? `list of ${items}` : 'list';
  }
  if (type === 'string' || type === 'integer' || type === 'number') return formats[schema.format] ?? type;
  if (type === 'object' && !schema.properties && typeof schema.additionalProperties === 'object')
    return `object of ${plural(typeOf(contract, schema.additionalProperties))}`;
  return type;
}

const plural = (words) =>
  /^(string|integer|number|boolean|object|file)\b/.test(words)
    ? words.replace(/^(\w+)(, an? | or |$)/, (_all, word, rest) => `${word}s${rest.replace(/^, an? /, ', each a ')}`)
    : words;

const range = (least, most, unit) => {
  const some = (count) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (least !== undefined && most !== undefined) return least === most ? some(least) : `${least} to ${some(most)}`;
  if (most !== undefined) return `at most ${some(most)}`;
  return least === undefined ? undefined : `at least ${some(least)}`;
};

/** What a schema asks of a value besides its type, as short phrases in plain text. `values` and `pattern` stand apart: they are code. */
export function limitsOf(contract, node) {
  const schema = resolved(contract, node) ?? {};
  const {
    minimum,
    maximum,
    exclusiveMinimum: above,
    exclusiveMaximum: below,
    multipleOf: step,
    minLength,
    maxLength,
    minItems,
    maxItems,
    uniqueItems,
    minProperties,
    maxProperties,
  } = schema;
  const numbers = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined;
  const all = [
    range(minLength, maxLength, 'character'),
    range(minItems, maxItems, 'item'),
    range(minProperties, maxProperties, 'field'),
    numbers ?? (minimum === undefined ? maximum !== undefined && `at most ${maximum}` : `at least ${minimum}`),
    above !== undefined && `more than ${above}`,
    below !== undefined && `less than ${below}`,
    step !== undefined && `a multiple of ${step}`,
    uniqueItems && 'each once',
    schema.readOnly && 'only in answers',
    schema.writeOnly && 'only in requests',
    schema['x-secret'] && 'secret: shown this once',
    schema.deprecated && 'deprecated',
  ].filter(Boolean);
  return {
    phrases: all,
    values: schema.enum ?? resolved(contract, schema.items ?? {})?.enum,
    pattern: schema.pattern,
    default: schema.default,
  };
}

/**
 * The fields of a schema, those of its parts included: `[{name, required, schema, description}]`. Alternatives that are
 * objects are given apart, each with its title.
 */
export function fieldsOf(contract, node) {
  const schema = resolved(contract, node) ?? {};
  const required = new Set(schema.required ?? []);
  const own = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    required: required.has(name),
    schema: property,
    description: property.description ?? resolved(contract, property)?.description ?? '',
  }));
  return [...(schema.allOf ?? []).flatMap((part) => fieldsOf(contract, part)), ...own];
}

/** The alternatives of a schema, with a name for each. */
export function choicesOf(contract, node) {
  const schema = resolved(contract, node) ?? {};
  return (schema.oneOf ?? schema.anyOf ?? []).map((choice) => ({
    schema: choice,
    title: nameOf(choice) ?? resolved(contract, choice).title ?? typeOf(contract, choice),
  }));
}

/** `SecretKey` as `Secret key`. */
export function nameOf({ $ref }) {
  const name = $ref?.split('/').at(-1).replace(/-\d+$/, '');
  if (!name) return undefined;
  const words = name.replace(/_/g, ' ').replace(/([a-z\d])([A-Z])/g, '$1 $2');
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** What a list holds, or the schema itself; objects by name hold what their names lead to. */
export function insideOf(contract, node) {
  const schema = resolved(contract, node) ?? {};
  if (schema.items) return insideOf(contract, schema.items);
  if (!schema.properties && typeof schema.additionalProperties === 'object')
    return insideOf(contract, schema.additionalProperties);
  return { schema, ref: node.$ref };
}
