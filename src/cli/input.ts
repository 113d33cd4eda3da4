import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { parse } from './answer.ts';
import { Stop } from './stop.ts';

/** All of stdin, without the end of its last line. */
export async function readStdin(): Promise<string> {
  return (await readText(process.stdin)).replace(/\r?\n$/, '');
}

/** What a text stands for: `@file` for what the file holds, `@-` for stdin, and everything else for itself. */
export async function reference(text: string): Promise<string> {
  if (!text.startsWith('@')) return text;
  const file = text.slice(1);
  return file === '-' ? readStdin() : bytesOf(file).toString();
}

/** What a file holds. Throws a `Stop` where it cannot be read. */
export function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Stop('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
  }
}

/** The text of JSON, or of the JSON that `@file` holds. As text, so that no digit of a number is lost. */
export async function jsonText(text: string): Promise<string> {
  const read = await reference(text);
  if (parse(read) === undefined) throw new Stop('usage', `${name(text)} is no JSON.${hint(text)}`);
  return read;
}

const name = (text: string) => (text.startsWith('@') ? text.slice(1) : JSON.stringify(text));
const hint = (text: string) => (/^[\w ]+$/.test(text) ? ` Text is written with quotes: '"${text}"'.` : '');

/** The value of JSON, or of the JSON that `@file` holds. */
export async function jsonValue(text: string): Promise<unknown> {
  return JSON.parse(await jsonText(text));
}

/** A whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Stop('usage', `${JSON.stringify(text)} is no whole number.`);
  return Number(text);
}

/** The words of a list with commas; empty for none. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
