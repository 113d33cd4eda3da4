import type { Operation } from './contracts.d.ts';

/** What is said of an operation. */
export interface Change {
  kind?: string;
  operation: Operation;
  lines: string[];
}
export function readChanges(
  surfaces: ReturnType<typeof import('./contracts.d.ts').readSurfaces>,
  released?: { version: string; contracts: Record<string, object> },
): {
  version: string;
  surfaces: { isNew: boolean; added: Change[]; changed: Change[]; deprecated: Change[]; removed: Change[] }[];
};
