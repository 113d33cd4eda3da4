/** A value that is sent in the path, the query or a header. */
export interface Param {
  name: string;
  place: 'path' | 'query' | 'header';
  required: boolean;
  /** It takes several values: with commas between them, or again for each where `explode` is set. */
  list: boolean;
  explode: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON schema, with references into the surface's `schemas`
  schema: any;
  description: string;
  example: unknown;
  deprecated: boolean;
}

/** What is sent: JSON; a multipart `form`; urlencoded `fields`; JSON by `lines`; or `bytes`. */
export interface Body {
  media: string;
  kind: 'json' | 'form' | 'fields' | 'lines' | 'bytes';
  required: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON schema
  schema: any;
  /** The fields of a form that are files. */
  files: string[];
  // biome-ignore lint/suspicious/noExplicitAny: as the contract has it
  examples: { name: string; value: any }[];
}

/** The one success: JSON, nothing, server-sent `events`, JSON by `lines`, or `bytes`. */
export interface Answer {
  status: string;
  kind: 'json' | 'none' | 'events' | 'lines' | 'bytes';
  media?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON schema
  schema?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as the contract has it
  example?: any;
}

/** How a list goes on (`whole`: it is in one answer), and the key that has the items; '' where the answer is the list. */
export interface Pages {
  kind: 'cursor' | 'skip' | 'page' | 'offset' | 'whole';
  items: string;
}

/** An operation. */
export interface Method {
  name: string;
  /** Its operationId. */
  id: string;
  verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the surface's base. */
  path: string;
  summary: string;
  description: string;
  deprecated: boolean;
  scope: string;
  /** Alternatives, each of schemes that go together; none where it is open. */
  security: string[][];
  params: Param[];
  body: Body | null;
  answer: Answer;
  /** The statuses of its errors: `404`, `4XX`. */
  errors: string[];
  pages: Pages | null;
  /** It takes an Idempotency-Key. */
  idempotency: boolean;
  /** It takes If-Match. */
  conditional: boolean;
}

export interface Resource {
  name: string;
  description: string;
  methods: Method[];
}

export interface Surface {
  surface: string;
  /** Where it stands below a client: '' for `/v1`, `mage`, `mystic.v3`. */
  place: string;
  base: string;
  version: string;
  title: string;
  // biome-ignore lint/suspicious/noExplicitAny: as the contract has them
  schemes: Record<string, any>;
  // biome-ignore lint/suspicious/noExplicitAny: as the contract has them
  schemas: Record<string, any>;
  resources: Resource[];
}

export function modelOf(contracts: Record<string, unknown>): Surface[];
export function readContracts(names?: string[], folder?: string): Record<string, unknown>;
