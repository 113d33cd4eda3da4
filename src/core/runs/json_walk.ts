export type Json = Record<string, unknown>;

/** Deeper values are not looked into, nor kept of what containers say: writing them needs a stack as deep. */
export const deepest = 100;

/** Whether it is what `{…}` in JSON becomes, and no value of a class. */
export function isObject(value: unknown): value is Json {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A JSON value with each object in it changed, the outer ones first; what nothing changes in stays the same value. */
export function changed(value: unknown, change: (object: Json) => Json, levels = deepest): unknown {
  if (levels === 0) return value;
  const inner = (one: unknown) => changed(one, change, levels - 1);
  if (Array.isArray(value)) {
    const next = value.map(inner);
    return next.some((one, at) => one !== value[at]) ? next : value;
  }
  if (!isObject(value)) return value;
  const outer = change(value);
  const entries = Object.entries(outer).map(([name, one]) => [name, inner(one)] as const);
  // `fromEntries` defines `__proto__` as any other name.
  return entries.some(([name, one]) => one !== outer[name]) ? Object.fromEntries(entries) : outer;
}

/** Does something with each object in a JSON value, the outer ones first. */
export function visit(value: unknown, see: (object: Json) => void): void {
  changed(value, (object) => {
    see(object);
    return object;
  });
}
