import type { Call, Context, Page } from '../../core/context.ts';
import type { Download } from '../../wire/download.ts';
import type { Answered, Handlers, Asked as Wire } from '../../wire/handlers.ts';

/** The call of an operation: what of its body is null is not given, and nobody hears of it. */
export type Asked<Operation> =
  Wire<Operation> extends Call<infer Query, infer Body>
    ? Call<Query, { [Name in keyof Body]: Exclude<Body[Name], null> }>
    : never;

/** What an operation's handler gives, before the envelope wraps it: the body, or a page of a list's rows. */
type Unwrapped<Body> = Body extends { skip: number; data: (infer Row)[] } ? Page<Row> : Body | OrBytes<Body>;

/** An answer whose contract has no JSON may be a file. */
type OrBytes<Body> = [Body] extends [undefined] ? Download : never;

/** Total over the contract: an operation that is missing, surplus or wrongly typed does not compile. */
export type MysticHandlers<Operations> = Handlers<{
  [Id in keyof Operations]: { asked: Asked<Operations[Id]>; answered: Unwrapped<Answered<Operations[Id]>> };
}>;

type Work<Result> = (context: Context, call: Call) => Promise<Result>;

/** Work on one thing, and how the thing is written. */
export function one<Row, Shown>(work: Work<Row>, show: (row: Row, call: Call) => Shown): Work<Shown> {
  return async (context, call) => show(await work(context, call), call);
}

/** Work on a page of things, and how each is written. */
export function page<Row, Shown>(work: Work<Page<Row>>, show: (row: Row) => Shown): Work<Page<Shown>> {
  return async (context, call) => {
    const found = await work(context, call);
    return { ...found, rows: found.rows.map(show) };
  };
}

/** Work that leaves nothing to say. */
export function nothing(work: Work<unknown>): Work<undefined> {
  return async (context, call) => void (await work(context, call));
}
