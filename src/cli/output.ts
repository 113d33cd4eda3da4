import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { styleText } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { readEnvironment } from './config.ts';
import { onInterrupt } from './interrupt.ts';
import { select, stepsOf } from './select.ts';

/** Prints one line on stdout. */
export function print(line: string): void {
  process.stdout.write(`${clean(line)}\n`);
}

let selection: string | undefined;

/** From now on, of JSON only what lies at this path is printed; without one, all of it. Throws a `Stop` for what is no path. */
export function printOnly(path: string | undefined): void {
  if (path !== undefined) stepsOf(path);
  selection = path;
}

/** Whether only a part is printed. */
export const isSelecting = (): boolean => selection !== undefined;

/** Prints JSON on stdout exactly as the server sent it, or what was asked for of it. An empty answer prints nothing. */
export function printJson(text: string): void {
  if (selection !== undefined && text !== '') for (const line of select(text, selection)) print(line);
  else if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a body as it comes, whatever it is, and ends JSON with its line. Gives the beginning of it, 64 KiB at most. */
export async function printRaw(answer: IncomingMessage): Promise<string> {
  let beginning = Buffer.alloc(0);
  let last: number | undefined;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (beginning.length < 65_536) beginning = Buffer.concat([beginning, chunk]);
    last = chunk.at(-1);
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
  const isJson = /[/+]json\b/.test(answer.headers['content-type'] ?? '');
  if (isJson && last !== undefined && last !== 0x0a) process.stdout.write('\n');
  return beginning.toString();
}

/** Prints one line on stderr: what went wrong, or what its user should know. */
export function warn(line: string): void {
  process.stderr.write(`latchkey: ${clean(line)}\n`);
}

/** Prints a line of the protocol on stderr, as it is. */
export function note(line: string): void {
  process.stderr.write(`${clean(line)}\n`);
}

/**
 * Prints rows under headings, if any, on stdout. On a terminal, what does not fit into its width is cut, with a `…`, the
 * widest columns first; elsewhere nothing is. The first column, which names things, is the last to be cut.
 */
export function printTable(headings: string[], rows: string[][]): void {
  const { isTTY, columns } = process.stdout;
  const isColoured = isTTY && readEnvironment().mayColour;
  const cells = rows.map((row) => row.map(clean));
  const table = new Table({
    head: headings.map((text) => (isColoured ? styleText('bold', text) : text)),
    chars: Object.fromEntries(lines.map((name) => [name, name === 'middle' ? gap : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    ...(isTTY && columns && { colWidths: fitted([headings, ...cells], columns) }),
  });
  table.push(...cells);
  process.stdout.write(`${table.toString().replace(/ +$/gm, '')}\n`);
}

const gap = '  ';
/** A column is never cut to less, heading and all. */
const least = 6;

/** The widths of the columns that have to be narrower than what is in them; null for the others. */
function fitted(rows: string[][], width: number): (number | null)[] {
  const count = Math.max(...rows.map((row) => row.length));
  const natural = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => [...(row[at] ?? '')].length)));
  const widths = [...natural];
  const room = width - gap.length * (count - 1);
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; ) {
    const rest = widths.map((each, at) => (at === 0 ? 0 : each));
    const wide = Math.max(...rest) > least ? rest : widths;
    const widest = wide.indexOf(Math.max(...wide));
    const next = Math.max(...wide.filter((_, at) => at !== widest), least);
    const cut = Math.min(over, Math.max(1, (widths[widest] as number) - next));
    if ((widths[widest] as number) - cut < 1) break;
    widths[widest] = (widths[widest] as number) - cut;
    over -= cut;
  }
  return widths.map((each, at) => (each === natural[at] ? null : each));
}

const lines =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'.split(
    ' ',
  );

/** What a server says must not drive a terminal: line ends become spaces, other signs that are not printed escapes. */
export function clean(text: string): string {
  return text.replace(/\r?\n/g, ' ').replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Shows how far something is. `to` takes what is done by now; `end` removes what was shown. */
export interface Progress {
  to(done: number, words?: Record<string, string>): void;
  end(): void;
}

/**
 * A progress bar on stderr, when that is a terminal.
 * @param format as cli-progress has it: `{bar} {percentage}%`
 * @param total what `to` will reach
 */
export function showProgress(format: string, total: number, words: Record<string, string> = {}): Progress {
  if (!process.stderr.isTTY) return { to: () => {}, end: () => {} };
  const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_grey);
  bar.start(total, 0, words);
  const forget = onInterrupt(() => bar.stop());
  return {
    to: (done, words) => bar.update(done, words),
    end: () => {
      forget();
      bar.stop();
    },
  };
}

/** Prints a script of ours as it stands. */
export function printScript(text: string): void {
  process.stdout.write(text);
}
