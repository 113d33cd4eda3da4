import { randomBytes } from 'node:crypto';

let met = 0;

/** A number as the text that it came as, where JavaScript's would be another one, or be written in another way: `7.0`, `1e400`. */
export class Exact {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** The nearest number, for whoever writes JSON without `writeJson`. */
  toJSON(): number {
    met += 1;
    return Number(this.text);
  }
}

// Nobody can guess it, so no text that is sent is ever taken for a number.
const mark = `number:${randomBytes(16).toString('hex')}:`;

const marked = new RegExp(`"${mark}([^"]+)"`, 'g');

/** The beginning of a text, and all of a number; `NaN` and the infinities as Python writes them. */
const token = /"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity/g;

/** Parses JSON as `JSON.parse` does, with an `Exact` for each number that would not be written as it came. Throws as that does. */
export function readJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return revive(text, (found) => (String(Number(found)) === found ? found : `"${mark}${found}"`)) ?? plain;
}

/** The same, for what Python's parser takes: `NaN` and `Infinity` are numbers, too. */
export function readPythonJson(text: string): unknown {
  const without = replaced(text, (found) => (/[NI]/.test(found) ? '[]' : found));
  if (without === text) return readJson(text);
  JSON.parse(without);
  return revive(text, (found) =>
    String(Number(found)) === found && !/[NI]/.test(found) ? found : `"${mark}${found}"`,
  );
}

/** Writes JSON as `JSON.stringify` does, and every `Exact` as the text that it came as. */
export function writeJson(value: unknown): string {
  const before = met;
  const text = JSON.stringify(value);
  if (met === before) return text;
  const exact = JSON.stringify(value, function (this: Record<string, unknown>, name: string, shown: unknown) {
    const held = this[name];
    return held instanceof Exact ? mark + held.text : shown;
  });
  return exact.replaceAll(marked, '$1');
}

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

/** JSON as a column keeps it. Throws as Postgres does for NUL in it, which nothing that reads the column would expect. */
export function storedJson(value: unknown): string {
  const text = writeJson(value);
  if (!/(?<!\\)(?:\\\\)*\\u0000/.test(text)) return text;
  throw Object.assign(new Error('there is NUL in it'), { code: '22P05' });
}

/** What a text is with some numbers marked; undefined where none is. */
function revive(text: string, written: (number: string) => string): unknown {
  const exact = replaced(text, written);
  if (exact === text) return undefined;
  return JSON.parse(exact, (_name, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new Exact(value.slice(mark.length)) : value,
  );
}

/** A JSON text with its numbers written in another way. */
function replaced(text: string, written: (number: string) => string): string {
  let made = '';
  let from = 0;
  token.lastIndex = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [number] = found;
    if (number === '"') {
      token.lastIndex = endOfText(text, found.index);
      continue;
    }
    const other = written(number);
    if (other === number) continue;
    made += text.slice(from, found.index) + other;
    from = token.lastIndex;
  }
  return from === 0 ? text : made + text.slice(from);
}

/** Behind the quote that ends a text: one with an even number of backslashes before it. */
function endOfText(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}
