import { once } from 'node:events';
import { type ClientRequest, request as http, type IncomingMessage } from 'node:http';
import { request as https } from 'node:https';
import { isIP } from 'node:net';
import { isWithin, lookupWithin, type Reach, refusal } from './addresses.ts';

/** What came back, the body cut to 2000 characters. */
export interface Answer {
  status: number;
  text: string;
}

interface Terms {
  /** Milliseconds for all of it, the name's resolution included. */
  limit: number;
  /** Ends it at once: the process is on its way out. */
  stopping: AbortSignal;
  /** What addresses may be reached. */
  reach: Reach;
}

/** The longest part of a response that is kept; characters, of at most four bytes each. */
const kept = 2000;

/**
 * Posts a body once, on a connection of its own, without following redirects. Throws what the network throws, an error
 * for a time limit that ran out before a status came, and `refusal` for an address that is not public.
 */
export async function post(
  address: string,
  body: string,
  headers: Record<string, string>,
  terms: Terms,
): Promise<Answer> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An IP address is never looked up.
  if (isIP(host) && !isWithin(terms.reach, host)) throw refusal(host);
  const request = (url.protocol === 'https:' ? https : http)(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: false,
    lookup: lookupWithin(terms.reach),
  });
  return within(terms, request, async () => {
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, text: await start(response) };
  });
}

async function within<T>({ limit, stopping }: Terms, request: ClientRequest, work: () => Promise<T>): Promise<T> {
  const stop = () => request.destroy(new Error('The server was stopped'));
  const timer = setTimeout(() => request.destroy(new Error(`No answer within ${limit / 1000} s`)), limit);
  stopping.addEventListener('abort', stop);
  // What goes wrong after the status came changes nothing any more, and nobody else hears it.
  request.on('error', () => {});
  return work().finally(() => {
    clearTimeout(timer);
    stopping.removeEventListener('abort', stop);
    request.destroy();
  });
}

/** The beginning of a body: as much of it as is kept, or as came before it broke off. */
async function start(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= kept * 4) break;
    }
  } catch {
    // The status has come, and that is what counts.
  }
  // Postgres keeps no NUL.
  return Buffer.concat(chunks).toString('utf8').slice(0, kept).replaceAll('\0', '\uFFFD');
}
