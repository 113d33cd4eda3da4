import type { Call, Context } from '../core/context.ts';
import type { Headed } from './headed.ts';
import type { Streamed } from './streamed.ts';

// Three conditional types over what openapi-typescript makes of a contract's operations.

type Parameters<Operation, In extends string> = Operation extends { parameters: { [Key in In]?: infer Values } }
  ? NonNullable<Values>
  : Record<string, never>;

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : undefined;
type Lines<Content> = Content extends { content: { 'application/x-ndjson': infer Body } } ? Body : undefined;
type Sent<Body> = Json<Body> | Lines<Body>;

/** The body of an operation's one success; undefined where it has none. */
export type Answered<Operation> = Operation extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201 | 202 | 204)]>
  : never;

/** The call that an operation's handler gets: query and body typed by the contract. */
export type Asked<Operation> = Call<
  Parameters<Operation, 'query'>,
  NonNullable<Sent<NonNullable<Operation extends { requestBody?: infer Body } ? Body : never>>>
>;

/** A table of handlers, one for each operation. Surfaces say what is asked and answered once their envelope is off. */
export type Handlers<Operations extends Record<keyof Operations, { asked: unknown; answered: unknown }>> = {
  [Id in keyof Operations]: (
    context: Context,
    call: Operations[Id]['asked'],
  ) => Promise<Operations[Id]['answered'] | Streamed | Headed>;
};
