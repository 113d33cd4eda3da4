/** What can go wrong, in the house's own words. Envelopes translate these into wire codes; nothing else invents kinds. */
export type Kind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'not_allowed'
  | 'conflict'
  | 'stale'
  | 'precondition_required'
  | 'mismatch'
  | 'too_large'
  | 'too_slow'
  | 'unsupported'
  | 'not_acceptable'
  | 'too_many'
  | 'unavailable'
  /** A server that we have asked in turn did not do its part, or not in time. */
  | 'upstream'
  | 'upstream_late'
  | 'internal';

/** Which rule of a policy said no, and to what: a whole action, or one attribute or query parameter of it. */
export interface Refusal {
  part: 'action' | 'read' | 'write' | 'query';
  /** `disabled`: no rule names it. `signed_in` / `signed_out`: only for those who are. `condition`: the rule's condition was false. */
  why: 'disabled' | 'signed_in' | 'signed_out' | 'condition';
  /** The action, the attribute or the parameter that was refused. */
  name: string;
  value?: unknown;
  action: string;
  /** The resource's plural name. */
  resource: string;
  /** The caller is signed in, but has no role in the account. */
  roleless: boolean;
}

/** One thing that the contract has against a request. */
export interface Fault {
  /** Where: `['body', 'files', '0', 'filename']`, `['query', 'limit']`, `['params', 'id']`. */
  path: string[];
  /** The schema's keyword that does not hold; `multipart` for a file that is no file. */
  keyword: string;
  /** The validator's own words. */
  message: string;
}

/** What an envelope may need to write its exact text. */
export type Reason =
  /** All that validation has against the request. */
  | { faults: Fault[] }
  /** The content type that is not taken here. */
  | { mediaType: string }
  /** What the parser says of a body that is no JSON. */
  | { json: unknown }
  /** Bytes that are not in their charset. */
  | { bytes: Uint8Array }
  /** Characters that cannot be stored, and where they are: `nul`, `surrogate`. */
  | { characters: Fault[] }
  /** What is wrong with each item of a list in the body, or of a body that is one, by the item's fields; `{}` for a good one. */
  | { items: { field?: string; errors: Record<string, string[]>[] } }
  | { refusal: Refusal }
  /** Which bound of the caller's key is reached, and what it has left. */
  | { spent: 'limit' | 'credits'; left: object }
  /** The scope that the caller's key lacks. */
  | { scope: string }
  /** `guess: false`: unknown to the caller, but good once, or of no form that could be. */
  | {
      credential: 'key' | 'token' | 'cookie';
      state: 'missing' | 'malformed' | 'unknown' | 'expired' | 'ended';
      guess?: false;
      /** Whose it was, for those who count. */
      holder?: { accountId: number; key: string };
    }
  /** A good key that may not be used like this. */
  | { holder: { accountId: number; key: string } }
  | { missing: 'route' | 'service' | 'record' | 'pipeline' | 'user' | 'name' | 'parent' | 'body' | 'page' }
  /** The contract lets the value through, and the resource cannot use it. */
  | { unusable: string }
  /**
   * What no surface takes, whatever it is asked: a path or a parameter that climbs out of a folder, a Host that is none,
   * another site's doing, two credentials for one thing.
   */
  | { refused: 'traversal' | 'host' | 'site' | 'credentials' }
  | { record: { key: string; value: unknown } }
  /** The run that nobody is there to take, as the surface writes it: the body of the answer. */
  | { run: object }
  /** What went wrong with a sign-in, by GoTrue's name for it; with the status, where one name has two. */
  | { auth: string; status?: number; weak?: 'length' | 'pwned' | 'personal' }
  /** What went wrong with a request for a token, by the name that RFC 6749 and RFC 8628 have for it. */
  | { oauth: string }
  /** Why an API key was not minted. */
  | { key: 'name_missing' | 'name_too_long' | 'too_many_keys' };

interface Details {
  /** Messages by field; several fields at once. */
  fields?: Record<string, string[]>;
  headers?: Record<string, string>;
  reason?: Reason;
  /** The private cause: logged, never sent. */
  cause?: unknown;
}

/** When a passing state is worth another try; seconds. */
const soon = '5';

/** The one error that crosses from the house to an envelope. `message` is public: write it for the caller. */
export class Failure extends Error {
  readonly kind: Kind;
  readonly fields: Record<string, string[]> | undefined;
  readonly headers: Record<string, string>;
  readonly reason: Reason | undefined;

  constructor(kind: Kind, sentence: string, { fields, headers = {}, reason, cause }: Details = {}) {
    super(sentence, { cause });
    this.kind = kind;
    this.fields = fields;
    // Whoever is told to come back is told when (RFC 9110 §10.2.3).
    this.headers = kind === 'unavailable' ? { 'Retry-After': soon, ...headers } : headers;
    this.reason = reason;
  }
}
