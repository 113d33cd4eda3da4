import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a container was asked. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: what we sent, looked into freely
  body: any;
  text: string;
}

/** What a container does with a request to run; else it adds two integers. */
export type Act = (response: ServerResponse, asked: Asked) => unknown;

/**
 * Somebody who keeps the container contract (docs/compat/mystic.md: Containers): a real HTTP server with the pipeline
 * `add`.
 */
export interface Container {
  /** Without a slash at its end. */
  url: string;
  port: number;
  /** Runs that came, in order; by the path `/v4/runs`, or `/v4/runs/stream`. */
  runs(): Asked[];
  /** Everything that came. */
  all(): Asked[];
  /** The most runs of one id that were under way at the same time. */
  mostAtOnce(): number;
  /** Connections whose caller left before the answer was whole. */
  left(): number;
  /** What is done from now on; without this, `add`. */
  does(act?: Act): void;
  /** The status and the state that `GET /v4/container/state` answers from now on. */
  is(status: number, state: string, run?: string | null): void;
  /** What happens while it says how it is. */
  isAsked(then?: () => PromiseLike<unknown>): void;
  close(): Promise<void>;
}

export const result = (outputs: unknown, error: unknown = null) => ({ inputs: null, outputs, error });
export const integer = (value: number) => ({ type: 'integer', value, file: null });

/** Sends JSON, as FastAPI does. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** `add(first: int, second: int)` of the repo's own tests. */
export const add: Act = (response, { body }) => {
  const inputs: { value: number }[] = body.inputs ?? [];
  if (inputs.length !== 2) {
    const error = { type: 'input_error', message: 'Inputs do not match graph inputs', traceback: null };
    return json(response, 400, result(null, error));
  }
  const [first = 0, second = 0] = inputs.map(({ value }) => value);
  if (first < 0 || second < 0) {
    const message = "ValueError('I can only sum positive integers')";
    const error = { type: 'pipeline_error', message, traceback: 'Traceback (most recent call last):\n  …' };
    return json(response, 200, result(null, error));
  }
  json(response, 200, result([integer(first + second)]));
};

/** Sends these pieces, and waits this long between two of them; milliseconds. */
export function streaming(pieces: unknown[], pause = 0): Act {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-accel-buffering': 'no' });
    for (const piece of pieces) {
      response.write(typeof piece === 'string' ? piece : `${JSON.stringify(piece)}\n`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    response.end();
  };
}

/** Listens on the loopback, on a free port unless told otherwise. */
export async function openContainer(port = 0): Promise<Container> {
  const all: Asked[] = [];
  const underWay = new Map<string, number>();
  let mostAtOnce = 0;
  let left = 0;
  let state = { status: 200, state: 'loaded', run: null as string | null };
  let meanwhile: (() => PromiseLike<unknown>) | undefined;
  let act: Act = add;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { method = '', url: path = '', headers } = request;
    const asked: Asked = { method, path, headers, text, body: text === '' ? undefined : JSON.parse(text) };
    all.push(asked);
    if (path === '/v4/container/state') {
      await meanwhile?.();
      return json(response, state.status, { state: state.state, message: null, current_run: state.run });
    }
    const id = String(asked.body?.run_id);
    const count = (underWay.get(id) ?? 0) + 1;
    underWay.set(id, count);
    mostAtOnce = Math.max(mostAtOnce, count);
    response.on('close', () => {
      underWay.set(id, (underWay.get(id) ?? 1) - 1);
      if (!response.writableFinished) left += 1;
    });
    await act(response, asked);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    runs: () => all.filter(({ path }) => path.startsWith('/v4/runs')),
    all: () => all,
    mostAtOnce: () => mostAtOnce,
    left: () => left,
    does(next = add) {
      act = next;
    },
    is(status, name, run = null) {
      state = { status, state: name, run };
    },
    isAsked(then) {
      meanwhile = then;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
