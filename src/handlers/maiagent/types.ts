import type { Call, Page } from '../../core/context.ts';
import type { Answered, Asked, Handlers } from '../../wire/handlers.ts';
import type { CursorPage, OffsetPage } from './pages.ts';

type Words<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Words<Rest>}`
    : `_${Lowercase<First>}${Words<Rest>}`
  : Name;

/** The wire's camelCase as the house's snake_case, all the way down. */
export type Snake<T> = T extends readonly (infer Item)[]
  ? Snake<Item>[]
  : T extends object
    ? { [Name in keyof T as Name extends string ? Words<Name> : Name]: Snake<T[Name]> }
    : T;

/** What a handler gives: the object, or the rows of a page. A row's `public_id` is the wire's `id`. */
type Given<Body> = Body extends { results: readonly (infer Row)[]; next: string | null }
  ? Body extends { count: number }
    ? Page<Own<Snake<Row>>> | CursorPage<Own<Snake<Row>>> | OffsetPage<Own<Snake<Row>>>
    : CursorPage<Own<Snake<Row>>>
  : Own<Snake<Body>>;
type Own<Row> = Row extends { id: infer Id } ? Row | (Omit<Row, 'id'> & { public_id: Id }) : Row;

/** An answer without a body, or with bytes for one, has no type in the contract. */
type OrNothing<T> = [T] extends [undefined] ? unknown : T;

/** Total over the contract: an operation that is missing, surplus or wrongly typed does not compile. */
export type MaiagentHandlers<Operations> = Handlers<{
  [Id in keyof Operations]: {
    asked: Asked<Operations[Id]> extends Call<infer Query, infer Body> ? Call<Snake<Query>, Snake<Body>> : never;
    answered: OrNothing<Given<Answered<Operations[Id]>>>;
  };
}>;
