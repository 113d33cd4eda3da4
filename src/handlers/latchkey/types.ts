import type { KeysetPage } from '../../core/keyset.ts';
import type { Download } from '../../wire/download.ts';
import type { Answered, Asked, Handlers } from '../../wire/handlers.ts';

/** What a handler gives, before the envelope wraps it: the thing, or a page of a list's rows. */
type Given<Body> = Body extends { results: readonly (infer Row)[]; count: number }
  ? KeysetPage<Row>
  : Body | OrBytes<Body>;

/** An answer whose contract has no JSON may be a file. */
type OrBytes<Body> = [Body] extends [undefined] ? Download : never;

/** Total over the contract: an operation that is missing, surplus or wrongly typed does not compile. */
export type LatchkeyHandlers<Operations> = Handlers<{
  [Id in keyof Operations]: { asked: Asked<Operations[Id]>; answered: Given<Answered<Operations[Id]>> };
}>;
