import { writeJson } from './json.ts';

/**
 * JSON for a line of its own: of an answer in lines, or of an event. What JSON leaves as it is, but Python's `splitlines` (and with it `iter_lines` of
 * requests and httpx) or newer Node.js' `readline` take for the end of a line, is escaped.
 */
export function writeJsonLine(value: unknown): string {
  return writeJson(value).replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
