import { Exact } from '../contract/json.ts';

/** What Python calls the type of a JSON value. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (value instanceof Exact) return /^-?\d+$/.test(value.text) ? 'int' : 'float';
  return 'dict';
}

/** Whether Python takes a text for a name (PEP 3131), reserved words too. */
export function isIdentifier(text: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(text.normalize('NFKC'));
}
