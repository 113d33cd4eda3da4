import type { AnyOptions, Connection } from './connection.ts';
import type { Dress } from './credential_of.ts';
import { eventsOf, jsonLinesOf, type ServerEvent } from './follow.ts';
import { LatchkeyError } from './latchkey_error.ts';
import { listOf } from './list_of.ts';
import { pathOf, queryOf, type Route, readRoute } from './route.ts';
import { backoff, wait } from './wait.ts';

/** A surface as it is generated: its resources, and the routes of their methods as texts. */
export type Table = Record<string, Record<string, string>>;

/** The methods of a surface. Their types are generated beside the table. */
export function bind(connection: Connection, base: string, dress: Dress, table: Table): unknown {
  const surface: Record<string, Record<string, unknown>> = {};
  for (const [resource, methods] of Object.entries(table)) {
    const bound: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(methods)) bound[name] = methodOf(connection, text, base, dress);
    surface[resource] = bound;
  }
  return surface;
}

/** The values of the path, then the body, then the query, then options: what a route has of these. */
function methodOf(connection: Connection, text: string, base: string, dress: Dress) {
  let route: Route | undefined;
  return (...values: unknown[]): unknown => {
    route ??= readRoute(text, base, dress);
    const inPath = route.path.split('{').length - 1;
    const path = pathOf(route, values.splice(0, inPath));
    const body = route.body ? values.shift() : undefined;
    const query = (route.query && !route.body ? values.shift() : undefined) as Record<string, unknown> | undefined;
    const options = (values.shift() ?? {}) as AnyOptions;
    return call(connection, route, path, body, query ?? (options.query as Record<string, unknown>) ?? {}, options);
  };
}

function call(
  connection: Connection,
  route: Route,
  path: string,
  body: unknown,
  query: Record<string, unknown>,
  options: AnyOptions,
): unknown {
  const ask = (asked: Record<string, unknown>, own: AnyOptions = options) => {
    const { query: _, ...rest } = own;
    return connection.send(route, path + queryOf(asked), body, rest);
  };
  if (route.pages) return listOf(route.pages.kind, route.pages.items, query, async (asked) => (await ask(asked)).body);
  if (route.read === 'bytes') return ask(query).then(({ response }) => response);
  if (route.read === 'lines') return lines(() => ask(query));
  if (route.read === 'events') return events((lastEventId) => ask(query, { ...options, lastEventId }), options);
  return ask(query).then((answered) => answered.body);
}

async function* lines(ask: () => Promise<{ response: Response }>): AsyncGenerator<unknown, void, undefined> {
  const { response } = await ask();
  yield* jsonLinesOf(response.body);
}

/** Events until the one called `end`; a connection that breaks is taken up again behind the last event. */
async function* events(
  ask: (lastEventId: string | undefined) => Promise<{ response: Response }>,
  { lastEventId, signal, retries = 3 }: AnyOptions,
): AsyncGenerator<ServerEvent, void, undefined> {
  let last = lastEventId;
  for (let broken = 0; ; broken++) {
    const { response } = await ask(last);
    try {
      for await (const event of eventsOf(response.body)) {
        last = event.id ?? last;
        broken = 0;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason;
      if (thrown instanceof LatchkeyError || broken >= retries) throw thrown;
    }
    if (broken >= retries) return;
    await wait(backoff(broken), signal);
  }
}
