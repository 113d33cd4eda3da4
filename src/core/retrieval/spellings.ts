/** An object's fields without what tells camelCase from snake_case. */
export function fields(value: unknown): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([name, one]) => [name.replaceAll('_', '').toLowerCase(), one]));
}
