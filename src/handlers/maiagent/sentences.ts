import type { Node } from '../../contract/contract.ts';
import { typeOf } from './coerce.ts';

/** What a keyword of a schema says when it does not hold, of the value that it does not hold for. */
type Sentence = (schema: Node, value: unknown) => string;

const formats: Record<string, string> = {
  uuid: 'Must be a valid UUID.',
  email: 'Enter a valid email address.',
  uri: 'Enter a valid URL.',
  'date-time':
    'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
};

const types: Record<string, Sentence> = {
  string: ({ format }) => (format === 'uuid' ? (formats.uuid as string) : 'Not a valid string.'),
  integer: () => 'A valid integer is required.',
  number: () => 'A valid number is required.',
  boolean: () => 'Must be a valid boolean.',
  array: (_schema, value) => `Expected a list of items but got type "${pythonType(value)}".`,
  object: ({ properties }, value) =>
    properties
      ? `Invalid data. Expected a dictionary, but got ${pythonType(value)}.`
      : `Expected a dictionary of items but got type "${pythonType(value)}".`,
};

/**
 * The words of Django REST framework, one entry for each keyword that the contracts use (docs/compat/maiagent.md:
 * Sentences). For what it has no words, they are ours: `pattern`, `uniqueItems`, `additionalProperties`.
 */
export const sentences: Record<string, Sentence> = {
  required: ({ format }) => (format === 'binary' ? 'No file was submitted.' : 'This field is required.'),
  type: (schema, value) => types[typeOf(schema)]?.(schema, value) ?? 'Not a valid value.',
  enum: (_schema, value) => `"${printed(value)}" is not a valid choice.`,
  minLength: ({ minLength }, value) =>
    value === '' ? 'This field may not be blank.' : `Ensure this field has at least ${minLength} characters.`,
  maxLength: ({ maxLength }) => `Ensure this field has no more than ${maxLength} characters.`,
  pattern: () => 'This value does not match the required pattern.',
  format: ({ format }) => formats[String(format)] ?? 'Not a valid value.',
  minimum: ({ minimum }) => `Ensure this value is greater than or equal to ${minimum}.`,
  maximum: ({ maximum }) => `Ensure this value is less than or equal to ${maximum}.`,
  minItems: ({ minItems }, value) =>
    Array.isArray(value) && value.length === 0
      ? 'This list may not be empty.'
      : `Ensure this field has at least ${minItems} elements.`,
  maxItems: ({ maxItems }) => `Ensure this field has no more than ${maxItems} elements.`,
  uniqueItems: () => 'This list may not contain the same item twice.',
  additionalProperties: () => 'This field is not known here.',
  multipart: () => 'The submitted data was not a file. Check the encoding type on the form.',
};

/** What no keyword of a schema says: characters that no text may have, and ids of what is not there. */
const beyondSchemas: Record<string, Sentence> = {
  reference: (_schema, value) => `Invalid pk "${value}" - object does not exist.`,
  nul: () => 'Null characters are not allowed.',
  surrogate: (_schema, value) => `Surrogate characters are not allowed: U+${surrogateOf(String(value))}.`,
};

/** All that is wrong with one value, in as few sentences as Django REST framework needs. */
export function sentencesOf(schema: Node, value: unknown, keywords: readonly string[]): string[] {
  if (value === null && keywords.includes('type')) return ['This field may not be null.'];
  const first = ['enum', 'type'].find((keyword) => keywords.includes(keyword));
  const blank = value === '' && keywords.includes('minLength') ? 'minLength' : undefined;
  const told = first || blank ? [first ?? blank] : keywords;
  return [
    ...new Set(
      told.map((keyword) =>
        (sentences[keyword as string] ?? beyondSchemas[keyword as string] ?? unknown)(schema, value),
      ),
    ),
  ];
}

/** The first half of a pair that stands alone. */
function surrogateOf(text: string): string {
  return (/\p{Surrogate}/u.exec(text)?.[0].charCodeAt(0) ?? 0xfffd).toString(16).toUpperCase();
}

const unknown: Sentence = () => 'Not a valid value.';

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as string] ?? 'object';
}

function printed(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
