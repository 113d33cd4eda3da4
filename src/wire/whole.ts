import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Fields } from './fields.ts';

/** Fields as lines of a head. Throws for what Node would not send: it is looked at here, once, and not with each answer. */
export function linesOf(fields: Fields): string {
  let lines = '';
  for (const [name, value] of fields) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/**
 * Writes the head of an answer so many bytes long, as if `writeHead` had been given these lines' fields before its length. That they are put
 * into what Node has written is what it has no public way for (docs/adr/0033).
 */
export function writeLines(response: ServerResponse, status: number, lines: string, length: number): void {
  response.writeHead(status, ['Content-Length', String(length)]);
  const inside = response as unknown as { _header: string };
  const at = inside._header.indexOf('\n') + 1;
  inside._header = inside._header.slice(0, at) + lines + inside._header.slice(at);
}

/** Sends a text of so many bytes with the head that is written, in one piece: of `end(text)` Node makes two, and gathers them again. */
export function endWhole(response: ServerResponse, text: string, length: number): void {
  const { socket } = response;
  socket?.cork();
  // Where each character is a byte, nothing has to be encoded.
  response.write(text, text.length === length ? 'latin1' : 'utf8');
  socket?.uncork();
  response.end();
}
