import { type Contract, type Node, resolve } from '../../contract/contract.ts';
import type { Fault } from '../../contract/failure.ts';
import { typeOf } from './coerce.ts';
import { sentencesOf } from './sentences.ts';

/** One place of a body: what is wrong there, and below. */
interface Place {
  schema: Node;
  value: unknown;
  keywords: string[];
  below: Map<string, Place>;
}

/**
 * What validation has against a body, as Django REST framework nests it (docs/compat/maiagent.md: Nested fields): by
 * field, in the order of the schema; one entry per item for a list of objects, `{}` for a good one; by position for a
 * list of values; and `nonFieldErrors` where something else came than the object or the list of objects that was due.
 */
export function fieldErrors(contract: Contract, schema: Node, faults: readonly Fault[], body: unknown): unknown {
  const root: Place = { schema: resolve(contract, schema), value: body, keywords: [], below: new Map() };
  for (const { path, keyword } of faults) {
    let place = root;
    for (const step of path.slice(1)) {
      const next = place.below.get(step) ?? placeBelow(contract, place, step);
      place.below.set(step, next);
      place = next;
    }
    place.keywords.push(keyword);
  }
  const errors = told(contract, root);
  if (body === null && Array.isArray(errors)) return { nonFieldErrors: ['No data provided'] };
  return errors;
}

function placeBelow(contract: Contract, { schema, value }: Place, step: string): Place {
  const { properties, items } = schema as { properties?: Record<string, Node>; items?: Node };
  const inner = (properties && Object.hasOwn(properties, step) ? properties[step] : items) ?? {};
  const held = value && typeof value === 'object' && Object.hasOwn(value, step) ? (value as Node)[step] : undefined;
  return { schema: resolve(contract, inner), value: held, keywords: [], below: new Map() };
}

function told(contract: Contract, { schema, value, keywords, below }: Place): unknown {
  if (below.size === 0) {
    const sentences = sentencesOf(schema, value, keywords);
    const about = keywords.some((keyword) => keyword === 'type' || keyword === 'minItems');
    const isWhole = about && value !== null && holdsObjects(contract, schema);
    return isWhole ? { nonFieldErrors: sentences } : sentences;
  }
  if (Array.isArray(value) && holdsObjects(contract, schema)) {
    return value.map((_item, index) => {
      const place = below.get(String(index));
      return place ? told(contract, place) : {};
    });
  }
  const order = Object.keys((schema.properties as object | undefined) ?? {});
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = [...below.keys()].sort((a, b) => rank(a) - rank(b) || Number(a) - Number(b) || 0);
  return Object.fromEntries(names.map((name) => [name, told(contract, below.get(name) as Place)]));
}

/** An object with fields, or a list of such. */
function holdsObjects(contract: Contract, schema: Node): boolean {
  if (typeOf(schema) === 'array') return holdsObjects(contract, resolve(contract, (schema.items ?? {}) as Node));
  return typeOf(schema) === 'object' && schema.properties !== undefined;
}
