import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from './answer.ts';
import type { Credential } from './credential.ts';
import { Stop } from './stop.ts';

export interface Message {
  headers?: Record<string, string>;
  body?: string | Readable | undefined;
  /** Milliseconds until an answer must begin; without it, the connection alone decides. */
  timeout?: number;
  /** The surface that it goes to. */
  as?: Surface;
}

/** How each surface takes a key. */
const carried = {
  mystic: (token: string) => ({ Authorization: `Bearer ${token}` }),
  magpipe: (token: string) => ({ Authorization: `Bearer ${token}`, apikey: token }),
  maiagent: (token: string) => ({ Authorization: `Api-Key ${token}` }),
  mage: (token: string) => ({ 'X-API-KEY': token }),
} satisfies Record<string, (token: string) => Record<string, string>>;

export type Surface = keyof typeof carried;
export const surfaces = Object.keys(carried) as Surface[];

const credentialOf = (token: string, as: Surface): Record<string, string> => carried[as](token);

/**
 * For so long may a connection say nothing, in milliseconds: longer than a server waits for a run
 * (docs/compat/mystic.md: Waiting).
 */
const silence = 330_000;

/** Sends one request, and follows no redirection. Throws a `Stop` where there is no answer. */
export async function send(credential: Credential, method: string, path: string, message: Message = {}) {
  const { url, token } = credential;
  const base = baseOf(url);
  refuseSteps(path);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new Stop('usage', 'The token holds spaces or signs that no token has.');
  const { headers, body, timeout, as = 'mystic' } = message;
  const options = {
    method,
    // A connection that is taken a second time may be cut by the other side just then.
    agent: false as const,
    // One that is to be closed after the answer is cut where the answer comes early, before all was sent.
    headers: {
      ...(token !== undefined && credentialOf(token, as)),
      Accept: '*/*',
      Connection: 'keep-alive',
      ...lengthOf(body),
      ...headers,
    },
    ...(timeout !== undefined && { signal: AbortSignal.timeout(timeout) }),
  };
  try {
    const request = (base.startsWith('https:') ? requestHttps : requestHttp)(base + path, options);
    request.setTimeout(silence, () => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    });
    if (typeof body === 'object') await Promise.race([pipeline(body, request), answered]);
    else request.end(body);
    const answer = await answered;
    return answer.once('end', () => request.destroy());
  } catch (error) {
    throw new Stop('refused', `${base} cannot be reached: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * Throws a `Stop` for a path with `.` or `..` as a segment, however often it is escaped: Node, proxies and servers take
 * them for steps, and what is asked for would be something else.
 */
function refuseSteps(path: string): void {
  let plain = path.split(/[?#]/, 1)[0] as string;
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(/%(?:25|2e|2f|5c)/gi, decodeURIComponent);
  }
  const step = plain.split(/[/\\]/).find((segment) => segment === '.' || segment === '..');
  if (step) throw new Stop('usage', `${JSON.stringify(step)} is no name or id, nor a part of one.`);
}

function lengthOf(body: Message['body']): Record<string, string> {
  return typeof body === 'string' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
}

/** Throws a `Stop` for what is no address of a server. */
export function baseOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Stop('usage', `${JSON.stringify(url)} is no address of a server; it begins with http:// or https://.`);
  return url.replace(/\/+$/, '');
}
