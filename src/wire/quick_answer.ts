import type { IncomingMessage } from 'node:http';
import type { Operation } from '../contract/contract.ts';
import type { Caller } from './caller.ts';
import type { Fields } from './fields.ts';

/** What is answered, and whose key has asked. */
export interface QuickAnswer {
  status: number;
  /** Its own headers: names and values in turn. */
  head: readonly string[];
  text: string;
  whose: { accountId: number; key: string };
}

/** An answer in JSON, as `sendJson` would send it. */
export function quickJson(status: number, fields: Fields, text: string, whose: QuickAnswer['whose']): QuickAnswer {
  return { status, head: [...fields.flat(), ...jsonHead(Buffer.byteLength(text))], text, whose };
}

/** What is said of JSON of so many bytes. */
export function jsonHead(length: number): string[] {
  return ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(length)];
}

/** An operation whose answer is often known at once. */
export interface Quick {
  operation: Operation;
  /** The headers that decide who asks. */
  vary: readonly string[];
  /** Undefined leaves it to the usual way; nothing is noted then. `body`: what came with it, of an operation that has one. */
  answer(request: IncomingMessage, caller: Caller, body?: unknown): QuickAnswer | undefined;
}
