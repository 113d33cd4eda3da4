import type { IncomingMessage } from 'node:http';
import type { Operation } from '../contract/contract.ts';
import { callerOf } from './caller.ts';

/** The page of the reference that says how to ask: of an operation, or of its surface where none was found. */
export function helpLink(request: IncomingMessage, surface: string, operation: Operation | undefined): string {
  const anchor = operation ? `#operation/${operation.id}` : '';
  return `<${originOf(request)}/docs/${surface}.html${anchor}>; rel="help"`;
}

/** Whoever names no host is told a path. */
function originOf(request: IncomingMessage): string {
  try {
    return callerOf(request).origin;
  } catch {
    return '';
  }
}
