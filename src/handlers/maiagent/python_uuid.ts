import { Exact } from '../../contract/json.ts';

/** A text that Python's `uuid.UUID` takes, as RFC 9562 writes it: without dashes, in upper case, in braces, as a URN. Any other one as it is. */
export function canonical(text: string): string {
  const bare = text
    .replaceAll('urn:', '')
    .replaceAll('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '');
  const hex = bare.replaceAll('-', '').toLowerCase();
  return /^[\da-f]{32}$/.test(hex) ? dashed(hex) : text;
}

/** The same for any value of JSON: a whole number is one of 128 bits, as it is to Django REST framework. */
export function uuidOf(value: unknown): unknown {
  if (typeof value === 'string') return canonical(value.trim());
  const digits = value instanceof Exact ? value.text : String(value);
  const isNumber = value instanceof Exact || typeof value === 'number';
  if (!isNumber || !/^\d{1,39}$/.test(digits)) return value;
  const hex = BigInt(digits).toString(16).padStart(32, '0');
  return hex.length === 32 ? dashed(hex) : value;
}

const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
