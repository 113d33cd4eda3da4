import type { Fault } from '../../contract/failure.ts';

interface Told {
  loc: (string | number)[];
  msg: string;
  type: string;
  ctx?: Record<string, unknown>;
}

type Words = [msg: string, type: string, ctx?: Record<string, unknown>];

/** The JSON types, as pydantic calls them. */
const types: Record<string, Words> = {
  string: ['str type expected', 'type_error.str'],
  integer: ['value is not a valid integer', 'type_error.integer'],
  number: ['value is not a valid float', 'type_error.float'],
  boolean: ['value could not be parsed to a boolean', 'type_error.bool'],
  array: ['value is not a valid list', 'type_error.list'],
  object: ['value is not a valid dict', 'type_error.dict'],
};

/** What pydantic says of a bound, by the keyword of JSON Schema; the bound is the number in the validator's words. */
const bounds: Record<string, (bound: number) => Words> = {
  minimum: (n) => [
    `ensure this value is greater than or equal to ${n}`,
    'value_error.number.not_ge',
    { limit_value: n },
  ],
  maximum: (n) => [`ensure this value is less than or equal to ${n}`, 'value_error.number.not_le', { limit_value: n }],
  minLength: (n) => [
    `ensure this value has at least ${n} characters`,
    'value_error.any_str.min_length',
    { limit_value: n },
  ],
  maxLength: (n) => [
    `ensure this value has at most ${n} characters`,
    'value_error.any_str.max_length',
    { limit_value: n },
  ],
  minItems: (n) => [`ensure this value has at least ${n} items`, 'value_error.list.min_items', { limit_value: n }],
  maxItems: (n) => [`ensure this value has at most ${n} items`, 'value_error.list.max_items', { limit_value: n }],
};

/** A fault as FastAPI tells of it, in the words of pydantic 1 (docs/compat/mystic.md: Errors). */
export function told({ path, keyword, message }: Fault): Told {
  const [place = 'body', ...steps] = path;
  const loc = [place === 'params' ? 'path' : place, ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
  const [msg, type, ctx] = words(keyword, message);
  return { loc, msg, type, ...(ctx && { ctx }) };
}

function words(keyword: string, message: string): Words {
  const bound = bounds[keyword];
  const [limit] = /-?\d+(\.\d+)?/.exec(message) ?? [];
  if (bound && limit !== undefined) return bound(Number(limit));
  if (keyword === 'required') return ['field required', 'value_error.missing'];
  if (keyword === 'multipart') return ["Expected UploadFile, received: <class 'str'>", 'value_error'];
  if (keyword === 'type') return types[/^must be (\w+)/.exec(message)?.[1] ?? ''] ?? [message, 'type_error'];
  if (keyword === 'enum') return permitted(message);
  if (keyword === 'pattern')
    return [message.replace('must match pattern', 'string does not match regex'), 'value_error.str.regex'];
  return [message, 'value_error'];
}

/** The values are the validator's words after the colon. */
function permitted(message: string): Words {
  const values = message
    .slice(message.indexOf(':') + 1)
    .split(',')
    .map((value) => value.trim());
  const list = values.map((value) => `'${value}'`).join(', ');
  const ctx = { enum_values: values };
  return [`value is not a valid enumeration member; permitted: ${list}`, 'type_error.enum', ctx];
}
