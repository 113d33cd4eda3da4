import { type Contract, type Node, resolve } from './contract.ts';
import { Exact } from './json.ts';

/**
 * Makes, once for a schema, what turns an `Exact` into a number wherever the schema says what is there; what it leaves open
 * (no type, or an object without properties) stays exact. Without a schema, nothing does. Works in place.
 */
export function settler(contract: Contract, schema: Node | undefined): (value: unknown) => unknown {
  const made = new Map<Node, (value: unknown) => unknown>();
  const compile = (given: Node): ((value: unknown) => unknown) => {
    const node = resolve(contract, given);
    const known = made.get(node);
    if (known) return known;
    // A schema may hold itself.
    made.set(node, (value) => made.get(node)?.(value));
    const convert = compiled(node);
    made.set(node, convert);
    return convert;
  };
  const compiled = (node: Node) => {
    const { type, properties, items } = node as { type?: unknown; properties?: Record<string, Node>; items?: Node };
    const choices = [node.oneOf, node.anyOf, node.allOf].flatMap((list) => (list ?? []) as Node[]).map(compile);
    const inside = Object.entries(properties ?? {}).map(([name, inner]) => [name, compile(inner)] as const);
    const each = items && compile(items);
    return (value: unknown): unknown => {
      if (value instanceof Exact) return choices.length > 0 ? apply(choices, value) : type ? Number(value.text) : value;
      if (Array.isArray(value)) {
        if (each) for (const [index, item] of value.entries()) value[index] = each(item);
      } else if (value && typeof value === 'object') {
        const held = value as Record<string, unknown>;
        for (const [name, convert] of inside) if (Object.hasOwn(held, name)) held[name] = convert(held[name]);
      }
      return apply(choices, value);
    };
  };
  return schema ? compile(schema) : numbers;
}

function apply(choices: readonly ((value: unknown) => unknown)[], value: unknown): unknown {
  return choices.reduce((at, choice) => choice(at), value);
}

/** Every `Exact` below a value as a number, in place. */
function numbers(value: unknown): unknown {
  if (value instanceof Exact) return Number(value.text);
  if (value && typeof value === 'object') {
    const held = value as Record<string, unknown>;
    for (const name of Object.keys(held)) if (typeof held[name] === 'object') held[name] = numbers(held[name]);
  }
  return value;
}
