import { once } from 'node:events';
import { request as http, type IncomingMessage } from 'node:http';
import { request as https } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { isWithin, lookupWithin, type Reach, refusal } from '../webhooks/addresses.ts';

/** What is too large to be taken from a container: more bytes than these in one answer, or in one line of a stream. */
export const largest = 10 * 1024 * 1024;

/** Codes of connections that were never made: nobody has heard of what was to be sent. */
const unmade = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);
/** Codes of connections that broke while somebody was at work. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Whether there is nobody at the address, or there was somebody and is no more, or neither. */
export function lossOf(thrown: unknown): 'absent' | 'lost' | undefined {
  const code = String((thrown as NodeJS.ErrnoException)?.code);
  return unmade.has(code) ? 'absent' : broken.has(code) ? 'lost' : undefined;
}

/** How to speak to a container. */
export interface Terms {
  /** What addresses may be reached. */
  reach: Reach;
  /** Milliseconds until there has to be a connection. */
  connect: number;
  /** Closes the connection, whatever happens on it. */
  signal: AbortSignal;
  /** Asked once there is a connection, and in the same moment as the body is sent: whether that may still be done. */
  may(): boolean;
}

/**
 * Asks a container (docs/compat/mystic.md: Containers), on a connection of its own, without following redirects: GET,
 * or POST with a JSON body. Gives the answer with its body unread. Throws what the network throws, `refusal` for an
 * address that is out of reach, and what is no failure of the network where it may not be sent any more.
 */
export async function reach(base: string, path: string, body: string | undefined, terms: Terms) {
  const url = new URL(base.replace(/\/+$/, '') + path);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An IP address is never looked up.
  if (isIP(host) && !isWithin(terms.reach, host)) throw refusal(host);
  const request = (url.protocol === 'https:' ? https : http)(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: '*/*',
      'user-agent': 'Latchkey',
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    signal: terms.signal,
    lookup: lookupWithin(terms.reach),
  });
  // What goes wrong after the answer has begun is heard by whoever reads it.
  request.on('error', () => {});
  request.on('socket', (socket: Socket) => {
    const late = () => request.destroy(Object.assign(new Error(`${host} took no connection`), { code: 'ETIMEDOUT' }));
    const timer = setTimeout(late, terms.connect);
    const made = () => {
      clearTimeout(timer);
      if (body === undefined || terms.may()) request.end(body);
      else request.destroy(new Error('It may not be sent any more'));
    };
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', made).once('close', () => clearTimeout(timer));
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** All of an answer as text; the connection is closed afterwards. Throws for one that is too large. */
export async function whole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The lines of an answer that are not blank, without their ends, as they come. Throws for one that is too large. */
export async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let size = 0;
  const line = () => {
    const text = Buffer.concat(begun).toString('utf8').trim();
    begun = [];
    size = 0;
    return text;
  };
  for await (let chunk of response as AsyncIterable<Buffer>) {
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10)) {
      begun.push(chunk.subarray(0, end));
      chunk = chunk.subarray(end + 1);
      const text = line();
      if (text) yield text;
    }
    begun.push(chunk);
    size += chunk.length;
    if (size > largest) throw tooLarge();
  }
  const rest = line();
  if (rest) yield rest;
}

const tooLarge = () => new Error(`The container’s answer is larger than ${largest} bytes`);
