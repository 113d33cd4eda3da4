import type { Operation } from './contract.ts';

/** Where a path leads: its template, and its operations by method. */
export interface Place {
  path: string;
  operations: Map<string, Operation>;
}

interface Branch {
  literal: Map<string, Branch>;
  parameter?: Branch;
  place?: Place;
}

const branch = (): Branch => ({ literal: new Map() });

/**
 * Finds the place of a path in as many steps as it has segments, whatever the number of operations.
 * A literal segment wins over a parameter; a parameter matches one whole, non-empty segment, still percent-encoded.
 */
export function router(operations: readonly Operation[]): (path: string) => Place | undefined {
  const root = branch();
  for (const operation of operations) {
    let at = root;
    for (const segment of operation.path.slice(1).split('/')) {
      if (segment.startsWith('{')) {
        at.parameter ??= branch();
        at = at.parameter;
      } else {
        const next = at.literal.get(segment) ?? branch();
        at.literal.set(segment, next);
        at = next;
      }
    }
    at.place ??= { path: operation.path, operations: new Map() };
    at.place.operations.set(operation.method, operation);
  }
  return (path) => walk(root, path.slice(1).split('/'), 0);
}

function walk(at: Branch, segments: readonly string[], depth: number): Place | undefined {
  const segment = segments[depth];
  if (segment === undefined) return at.place;
  const literal = at.literal.get(segment);
  const found = literal && walk(literal, segments, depth + 1);
  if (found || !at.parameter || segment === '') return found;
  return walk(at.parameter, segments, depth + 1);
}
