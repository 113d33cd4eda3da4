import { Agent, type IncomingMessage, request as plain } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import { text } from 'node:stream/consumers';

/** An answer whose body is read as it comes; what the client of OpenAI needs of a `Response`, and no more. */
export interface Answered {
  ok: boolean;
  status: number;
  url: string;
  headers: { get(name: string): string | null; entries(): Iterable<[string, string]> };
  body: IncomingMessage;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** A server that is done with a connection has a moment to end what it says; milliseconds. */
const parting = 1_000;

/**
 * What carries questions to models, in the place of `fetch`: Node's own HTTP begins an answer in half the time, and keeps its connections. It
 * follows no redirect: a key goes to the address that the operator wrote, and to no other.
 */
export function overHttp(): typeof fetch {
  const agents = { 'http:': new Agent({ keepAlive: true }), 'https:': new SecureAgent({ keepAlive: true }) };
  const ask = (url: URL, init: RequestInit): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const { signal, method = 'GET' } = init;
      let answer: IncomingMessage | undefined;
      const isSecure = url.protocol === 'https:';
      const headers = headersOf(init.headers as Headers);
      const asked = (isSecure ? secure : plain)(
        url,
        { method, headers, agent: agents[isSecure ? 'https:' : 'http:'] },
        (got) => {
          answer = got;
          resolve(answered(url, got));
        },
      );
      // Not by the option `signal`: it destroys the connection with an error, which nobody hears once the answer has come in full.
      const stop = () => (answer ? answer.destroy() : asked.destroy(signal?.reason));
      signal?.addEventListener('abort', stop, { once: true });
      asked.on('close', () => signal?.removeEventListener('abort', stop));
      asked.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed it while it lay idle: nobody has read the question.
        if (asked.reusedSocket && error.code === 'ECONNRESET' && !signal?.aborted) resolve(ask(url, init));
        else reject(error);
      });
      asked.end(init.body);
    });
  return ((url: string | URL, init: RequestInit = {}) => ask(new URL(url), init)) as unknown as typeof fetch;
}

const known = new WeakMap<Headers, Record<string, string>>();

/** Headers as they are sent, the same for the same. What the client of OpenAI says of this machine is nobody's business. */
function headersOf(given: Headers): Record<string, string> {
  const there = known.get(given);
  if (there) return there;
  const own = [...given].filter(([name]) => !name.startsWith('x-stainless-'));
  const headers = { ...Object.fromEntries(own), 'accept-encoding': 'identity' };
  known.set(given, headers);
  return headers;
}

function answered(url: URL, body: IncomingMessage): Answered {
  // Whoever reads it hears of what goes wrong; where nobody reads any more, nobody has to.
  body.on('error', () => {});
  const status = body.statusCode ?? 0;
  const values = new Map(Object.entries(body.headers).map(([name, value]) => [name, String(value)]));
  const headers = { get: (name: string) => values.get(name.toLowerCase()) ?? null, entries: () => values.entries() };
  return {
    ...{ ok: status >= 200 && status < 300, status, url: url.href, headers, body },
    text: () => text(body),
    json: async () => JSON.parse(await text(body)),
  };
}

/** Leaves an answer of which no more is wanted: its connection serves the next question, if the answer ends soon. */
export function leaveAnswer({ body }: Answered): void {
  if (body.complete && body.readableEnded) return;
  const timer = setTimeout(() => body.destroy(), parting).unref();
  body.once('close', () => clearTimeout(timer));
  body.resume();
}
