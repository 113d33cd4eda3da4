import { Failure, type Fault } from '../contract/failure.ts';
import { readJson } from '../contract/json.ts';

/** The media type of a body of JSON values, one a line; a contract writes it as the list of them. */
export const ndjson = 'application/x-ndjson';

/** The largest body of lines that is read, in bytes. */
export const linesLimit = 8 * 1024 * 1024;

/** Reads a body of lines. Throws `invalid` with a fault for each that is no JSON. */
export function readLines(text: string): unknown[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  const faults: Fault[] = [];
  const values = lines.map((line, index) => {
    try {
      return readJson(line);
    } catch {
      faults.push({ path: ['body', String(index)], keyword: 'json', message: 'must be JSON' });
      return undefined;
    }
  });
  if (faults.length > 0) throw new Failure('invalid', 'There are lines that are no JSON.', { reason: { faults } });
  return values;
}
