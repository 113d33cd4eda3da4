import type { Page } from '../../core/context.ts';
import type { Answered, Asked, Handlers } from '../../wire/handlers.ts';

/** What an operation's handler gives, before the envelope names it: the object, or a page of the list's rows. */
type Unwrapped<Body> = Body extends { metadata: unknown } ? Inner<Body[Exclude<keyof Body, 'metadata'>]> : never;
type Inner<Named> = Named extends readonly (infer Row)[] ? Page<Row> : Named;

/** Total over the contract: an operation that is missing, surplus or wrongly typed does not compile. */
export type MageHandlers<Operations> = Handlers<{
  [Id in keyof Operations]: { asked: Asked<Operations[Id]>; answered: OrNothing<Unwrapped<Answered<Operations[Id]>>> };
}>;

/** An operation that is always refused has an error for its only answer: whatever its handler would give is not sent. */
type OrNothing<T> = [T] extends [never] ? unknown : T;
