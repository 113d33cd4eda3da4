import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './mage.d.ts';
import type { paths as MaiagentPaths } from './maiagent.d.ts';
import type { paths as MysticPaths } from './mystic.d.ts';

export type { components, operations, paths } from './mage.d.ts';

/** What the contract calls things: `Schemas['Pipeline']`. */
export type Schemas = components['schemas'];

export interface MageOptions {
  /** Where the installation is, without `/api`. */
  baseUrl: string;
  /** The application key, or an API key of a user. */
  apiKey?: string;
  /** `session.token` of a new session, or the token that it decodes to. */
  token?: string;
}

/** A client of the Mage surface. Its calls are named by method and path: `client.GET('/pipelines')`. */
export function createMageClient({ baseUrl, apiKey, token }: MageOptions): Client<paths> {
  const headers: Record<string, string> = {};
  if (apiKey) headers['X-API-KEY'] = apiKey;
  if (token) headers['OAUTH-TOKEN'] = token.includes('.') ? decodeToken(token).token : token;
  return createClient<paths>({
    baseUrl: `${baseUrl.replace(/\/+$/, '')}/api`,
    headers,
    querySerializer: { array: { style: 'form', explode: false } },
  });
}

export interface MaiagentOptions {
  /** Where the installation is, without `/api/v1`. */
  baseUrl: string;
  /** An API key of a user; or else `session`, the `access` of a login. */
  apiKey?: string;
  session?: string;
}

/** A client of the MaiAgent surface: `client.GET('/pipelines/')`. Files go as `FormData`. */
export function createMaiagentClient({ baseUrl, apiKey, session }: MaiagentOptions): Client<MaiagentPaths> {
  const credential = apiKey ? `Api-Key ${apiKey}` : session ? `Bearer ${session}` : undefined;
  return createClient<MaiagentPaths>({
    baseUrl: `${baseUrl.replace(/\/+$/, '')}/api/v1`,
    ...(credential && { headers: { Authorization: credential } }),
  });
}

export interface MysticOptions {
  /** Where the installation is, without `/v4`. */
  baseUrl: string;
  /** A token, or an API key of any other kind. */
  token?: string;
}

/** A client of the Mystic surface: `client.GET('/pipelines')`. */
export function createMysticClient({ baseUrl, token }: MysticOptions): Client<MysticPaths> {
  return createClient<MysticPaths>({
    baseUrl: `${baseUrl.replace(/\/+$/, '')}/v4`,
    ...(token && { headers: { Authorization: `Bearer ${token}` } }),
  });
}

/** Reads the raw token of a session: when it ends, in Unix seconds, and the token that a header takes. */
export function decodeToken(raw: string): { expires: number; token: string } {
  const payload = raw.split('.')[1] ?? '';
  return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
}

/** An answer with the key `error`, whatever its HTTP status. */
export class MageError extends Error {
  override name = 'MageError';
  /** What kind of error: 404 for what is not there, whatever the HTTP status. */
  readonly code: number;
  /** The same as a stable name, such as `record_not_found`; undefined when the request could not be carried out. */
  readonly type: string | undefined;
  readonly response: Response;

  constructor(failure: unknown, response: Response) {
    const { error } = (typeof failure === 'object' && failure ? failure : {}) as Partial<Schemas['RefusalFailure']>;
    super(error?.exception ?? error?.message ?? `HTTP ${response.status}`);
    this.code = error?.code ?? response.status;
    this.type = error?.type;
    this.response = response;
    // Printed errors are for people: the whole answer is not what they look for.
    Object.defineProperty(this, 'response', { enumerable: false });
  }
}

interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer. Throws a `MageError` for every other, those that come as HTTP 200 included. */
export async function unwrap<Body>(call: Promise<Answer<Body>>): Promise<Exclude<Body, { error: unknown }>> {
  const { data, error, response } = await call;
  const failed = !response.ok || data === undefined || (typeof data === 'object' && data !== null && 'error' in data);
  if (failed) throw new MageError(error ?? data, response);
  return data as Exclude<Body, { error: unknown }>;
}
