import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { operations } from '../../generated/operations.ts';
import { type Answer, isSuccess, read, refusal } from './answer.ts';
import { type Credential, findCredential } from './credential.ts';
import { send } from './request.ts';
import { Stop } from './stop.ts';

/** An operation of the contract that the program may call. */
export type OperationId = keyof typeof operations;

/** What goes with a call. Parameters and fields that are undefined are not sent. */
export interface Sent {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  /** An object is sent as JSON, text and streams as they stand. */
  body?: object | string | Readable;
  /** Beside a stream: what it is, and how long. */
  headers?: Record<string, string>;
  /** Another server than that of the login, or nobody's token. */
  by?: Credential;
  /** Milliseconds until the answer must begin. */
  timeout?: number;
}

/** Calls an operation. Throws a `Stop` for every answer but a 2xx. */
export async function call(id: OperationId, sent: Sent = {}): Promise<Answer> {
  return read(await open(id, sent));
}

/** The same, giving the body as it comes. */
export async function open(id: OperationId, sent: Sent = {}): Promise<IncomingMessage> {
  const answer = await openAnyway(id, sent);
  if (isSuccess(answer)) return answer;
  throw refusal(await read(answer));
}

/** The same, whatever the status of the answer. */
export async function openAnyway(id: OperationId, sent: Sent = {}): Promise<IncomingMessage> {
  const { path = {}, query = {}, body } = sent;
  const { method, path: template } = operations[id];
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.append(name, String(value));
  const search = parameters.size > 0 ? `?${parameters}` : '';
  const headers = sent.headers ?? (body === undefined ? {} : { 'Content-Type': 'application/json' });
  const written = typeof body === 'object' && !(body instanceof Readable) ? JSON.stringify(body) : body;
  return send(sent.by ?? findCredential(), method, fill(template, path) + search, {
    headers,
    body: written,
    ...(sent.timeout !== undefined && { timeout: sent.timeout }),
  });
}

/** Slashes and colons stay as they are, as in names such as `owner/name:v1`. */
function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (value === '') throw new Stop('usage', '"" is no name or id.');
    return encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':');
  });
}
