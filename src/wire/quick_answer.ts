import type { IncomingMessage } from 'node:http';
import type { Operation } from '../contract/contract.ts';
import type { Whose } from '../core/usage/gather.ts';
import type { Caller } from './caller.ts';
import type { Fields } from './fields.ts';

/** What is answered, and whose key has asked. */
export interface QuickAnswer {
  status: number;
  /** Its own fields but for its length, as lines of its head. */
  lines: string;
  text: string;
  /** How long that is in bytes. */
  length: number;
  whose: Whose;
}

/** What is said of JSON, as `sendJson` would say it. */
export const jsonFields: Fields = [['Content-Type', 'application/json; charset=utf-8']];

/** An operation whose answer is often known at once. */
export interface Quick {
  operation: Operation;
  /** The headers that decide who asks. */
  vary: readonly string[];
  /** Undefined leaves it to the usual way; nothing is noted then. `body`: what came with it, of an operation that has one. */
  answer(request: IncomingMessage, caller: Caller, body?: unknown): QuickAnswer | undefined;
}
