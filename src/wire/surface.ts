import type { Request } from 'express';
import type { Contract, Operation } from '../contract/contract.ts';
import type { Failure } from '../contract/failure.ts';
import type { Call, Context } from '../core/context.ts';
import type { Left } from '../core/credentials/spend.ts';
import type { House } from '../core/house.ts';
import type { Principal } from '../core/principal.ts';
import type { Quick } from './quick_answer.ts';

export type { Request } from 'express';

/** One operation's work. Surfaces type its call and its result by their contract: see `handlers/<surface>/operations.ts`. */
// biome-ignore lint/suspicious/noExplicitAny: the table's own type says exactly what each operation takes and gives
export type Handler = ((context: Context, call: any) => Promise<unknown>) & {
  /** Whether the caller may try this at all, before the body is looked at. Throws `forbidden`. */
  permits?(context: Context): void;
  /** How large a file may be, in bytes, by the fields of the form that came before it. Throws where none may be sent. */
  takes?(context: Context, fields: Record<string, string>): number;
  /** Looks what the call is about up, where that comes before what is wrong with the body. Throws `not_found`. */
  finds?(context: Context, call: Call): Promise<unknown>;
};

/** How a surface writes what the house says, and reads what its callers say. */
export interface Envelope {
  /** Sent with every answer. Those of CORS are left out for an origin that may not read it. */
  headers: Record<string, string>;
  /** The header in which every answer carries the name of its request in our log, where that is another than `x-request-id`. */
  idHeader?: string;
  /** Whether every answer has an ETag, of its bytes; otherwise those whose contract declares one. */
  tagged?: boolean;
  /** The answer to OPTIONS, where it is not 204. */
  preflight?: { status: number; body: string };
  /** The path as the contract knows it; throws a Failure for one that this surface refuses outright. */
  path?(path: string, request: Request): string;
  /** Reads a query string; without it, a parameter that comes more than once is a list. */
  query?(text: string | null): Record<string, string | string[]>;
  /** Whether a body of this content type is read as JSON; without it, only those that the contract declares are. */
  json?(type: string): boolean;
  /** Whether an operation takes its fields in any form, as Django does: JSON, or either kind of form. */
  anyForm?: boolean;
  /** Whether a form is read as JSON, where an operation declares one. */
  forms?: boolean;
  /** What a request without a body stands for. */
  empty?: unknown;
  /** Parses a body that `json` let in, of this operation if there is one. Throws `invalid`. */
  parse?(text: string, type: string, operation?: Operation): unknown;
  /** Made once per operation: what a body means that may be written in more than one way, before it is checked. */
  read?(operation: Operation, contract: Contract): (body: unknown, request: Request) => unknown;
  /** The caller is asked for before the method is looked at; otherwise the method comes first. */
  callerFirst?: boolean;
  /** Query parameters that the contract does not name go to the policy instead of being refused by the validator. */
  unknownQuery?: boolean;
  /** Made once per operation: reads a validated request into a call. */
  ask(operation: Operation, contract: Contract): (request: Request) => Call;
  /** Made once per operation: wraps a result. */
  answer(operation: Operation, contract: Contract): (result: unknown, request: Request) => unknown;
  /** The answer to a Failure; no body, an empty answer. */
  failure(
    failure: Failure,
    request: Request,
    operation?: Operation,
  ): { status: number; body?: unknown; headers?: Record<string, string> };
}

/** A published API: its contract, and how we keep it. */
export interface Surface {
  /** Of its page in the reference, `/docs/<name>.html`, and of its operations where they are counted. */
  name?: string;
  contract: Contract;
  /** An older base of the same API: it leads here wherever no path of the surface that is served there begins alike. */
  olderBase?: string;
  handlers: Record<string, Handler>;
  authenticate: Record<string, Authenticate>;
  envelope: Envelope;
  /** Counts the request against the caller's limits, once; gives the headers that say how much is left. Throws `too_many`. */
  limit?(principal: Principal, house: House): Promise<Record<string, string>>;
  /** The headers that say on every answer what is left to an address and to the key that it sent. */
  left?(house: House, address: string, left: Left | undefined): Record<string, string>;
  /** Operations that may be answered before anything is built for a request. */
  quick?(house: House): Quick[];
}

/**
 * Whose credential of this scheme does the request carry? Undefined: it carries none.
 * Throws `unauthenticated`, with its reason, for one that is carried and does not hold.
 */
export type Authenticate = (request: Request, house: House) => Promise<Principal | undefined>;
