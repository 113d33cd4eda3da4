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
  const length = String(Buffer.byteLength(text));
  const type = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', length];
  return { status, head: [...fields.flat(), ...type], text, whose };
}

/** An operation whose answer is often known at once. */
export interface Quick {
  operation: Operation;
  /** The headers that decide who asks. */
  vary: readonly string[];
  /** Undefined leaves it to the usual way; nothing is noted then. */
  answer(request: IncomingMessage, caller: Caller): QuickAnswer | undefined;
}
