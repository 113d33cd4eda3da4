import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { styleText } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { readEnvironment } from './config.ts';
import { onInterrupt } from './interrupt.ts';

/** Prints one line on stdout. */
export function print(line: string): void {
  process.stdout.write(`${clean(line)}\n`);
}

/** Prints JSON on stdout exactly as the server sent it. An empty answer prints nothing. */
export function printJson(text: string): void {
  if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
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

/** Prints rows under headings, if any, on stdout: the same on a terminal and elsewhere, but for the headings' weight. */
export function printTable(headings: string[], rows: string[][]): void {
  const isColoured = process.stdout.isTTY && readEnvironment().mayColour;
  const table = new Table({
    head: headings.map((text) => (isColoured ? styleText('bold', text) : text)),
    chars: Object.fromEntries(lines.map((name) => [name, name === 'middle' ? '  ' : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map(clean)));
  process.stdout.write(`${table.toString().replace(/ +$/gm, '')}\n`);
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
