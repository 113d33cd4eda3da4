import { type Contract, type Node, resolve } from './contract.ts';
import { Exact } from './json.ts';

/** What becomes of a value on its way: compiled once from a schema, run for every body or answer. */
export type Convert = (value: unknown) => unknown;

/** How one form of a value becomes another, wherever the schema has it. */
export interface Shape {
  /** The names that a property of the schema may have in the value, the first one counts most; and the one it gets. */
  names?(property: string, schema: Node): { from: readonly string[]; to: string };
  /** Leave properties out that the schema does not name. */
  closed?: boolean;
  /** What to do with a value whose schema is no object and no array; nothing, where it stays. */
  leaf?(schema: Node): Convert | undefined;
}

const same: Convert = (value) => value;

/**
 * A converter for the values of a schema. Only what the schema names is touched: objects without `properties`, and
 * properties that it does not know, pass as they are, and so does a value of another type than the schema's.
 */
export function shaper(contract: Contract, schema: Node | undefined, shape: Shape): Convert {
  const made = new Map<Node, Convert>();
  const names = shape.names ?? ((property: string) => ({ from: [property], to: property }));

  const compile = (given: Node): Convert => {
    const node = resolve(contract, given);
    const known = made.get(node);
    if (known) return known;
    // A schema may hold itself: whoever meets it meanwhile gets this, which asks for the result when it is run.
    made.set(node, (value) => (made.get(node) as Convert)(value));
    const convert = compiled(node);
    made.set(node, convert);
    return convert;
  };

  const compiled = (node: Node): Convert => {
    const { properties, items } = node as { properties?: Record<string, Node>; items?: Node };
    const choices = (node.oneOf ?? node.anyOf) as Node[] | undefined;
    const choice = choices?.find((one) => resolve(contract, one).type !== 'null');
    if (choice) return compile(choice);
    if (properties) {
      const inside = Object.entries(properties).map(([name, inner]) => ({
        ...names(name, resolve(contract, inner)),
        convert: compile(inner),
      }));
      return object(inside, shape.closed ?? false);
    }
    if (items) {
      const convert = compile(items);
      return convert === same ? same : (value) => (Array.isArray(value) ? value.map(convert) : value);
    }
    return shape.leaf?.(node) ?? same;
  };

  return schema ? compile(schema) : same;
}

interface Property {
  from: readonly string[];
  to: string;
  convert: Convert;
}

function object(properties: Property[], isClosed: boolean): Convert {
  const owner = new Map(properties.flatMap((property) => property.from.map((name) => [name, property] as const)));
  return (value) => {
    if (!value || typeof value !== 'object' || Array.isArray(value) || value instanceof Exact) return value;
    const made: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const inner = (value as Record<string, unknown>)[name];
      const property = owner.get(name);
      if (!property) {
        if (!isClosed) put(made, name, inner);
      } else if (name === property.from[0] || !Object.hasOwn(made, property.to)) {
        put(made, property.to, property.convert(inner));
      }
    }
    return made;
  };
}

/** Whatever it is called, it is a property of its own. */
function put(made: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') made[name] = value;
  else Object.defineProperty(made, name, { value, writable: true, enumerable: true, configurable: true });
}
