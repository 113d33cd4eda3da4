/** What an answer says of an error, in whichever envelope it came. */
export interface Told {
  /** The HTTP status; of Mage's errors that come as 200, the status that they stand for. 0: there was no answer. */
  status: number;
  /** A stable name: the server's where it gives one (`record_not_found`), else one of the kind (`not_found`). */
  code: string;
  message: string;
  /** What is wrong where, by the name of the field; names within are joined by dots. */
  fields?: Record<string, string[]>;
  /** The name of the request in the server's log. */
  requestId?: string | undefined;
  /** The page that says how to ask. */
  docs?: string | undefined;
  /** Seconds until it may be asked again. */
  retryAfter?: number | undefined;
  /** The body as it came. */
  body?: unknown;
}

/** A request that did not succeed. Which class it is tells what to do about it. */
export class LatchkeyError extends Error {
  override name = 'LatchkeyError';
  /** The HTTP status; of Mage's errors that come as 200, the status that they stand for. 0: there was no answer. */
  readonly status: number;
  /** A stable name of what is wrong, such as `not_found`. */
  readonly code: string;
  /** The name of the request in the server's log; undefined where there was no answer. */
  readonly requestId: string | undefined;
  /** The page of the documentation that says how to ask. */
  readonly docs: string | undefined;
  /** Seconds until it may be asked again, where the server says so. */
  readonly retryAfter: number | undefined;
  /** The body of the answer as it came. */
  declare readonly body: unknown;

  constructor(told: Told, options?: ErrorOptions) {
    super(told.message, options);
    this.status = told.status;
    this.code = told.code;
    this.requestId = told.requestId;
    this.docs = told.docs;
    this.retryAfter = told.retryAfter;
    // Printed errors are for people: the whole answer is not what they look for.
    Object.defineProperty(this, 'body', { value: told.body, enumerable: false });
  }
}

/** 401: no credential, or one that does not hold. */
export class Unauthenticated extends LatchkeyError {
  override name = 'Unauthenticated';
}

/** 403: the credential holds, and may not do this. */
export class Forbidden extends LatchkeyError {
  override name = 'Forbidden';
}

/** 404 and 410: it is not there, or not yours to see. */
export class NotFound extends LatchkeyError {
  override name = 'NotFound';
}

/** 409 and 412: it is there already, or somebody was faster. */
export class Conflict extends LatchkeyError {
  override name = 'Conflict';
}

/** Any other 4xx: the request is wrong. */
export class Invalid extends LatchkeyError {
  override name = 'Invalid';
  /** What is wrong where, by the name of the field. Empty where it is about the whole. */
  readonly fields: Record<string, string[]>;

  constructor(told: Told, options?: ErrorOptions) {
    super(told, options);
    this.fields = told.fields ?? {};
  }
}

/** 429: asked too often; `retryAfter` says when it may be asked again. */
export class TooMany extends LatchkeyError {
  override name = 'TooMany';
}

/** 502, 503 and 504, no answer in time (`code` is `timeout`), or none at all (`network`). */
export class Unavailable extends LatchkeyError {
  override name = 'Unavailable';
}

/** The error of the class that a status stands for. */
export function errorOf(told: Told, options?: ErrorOptions): LatchkeyError {
  const { status } = told;
  if (status === 0 || (status >= 502 && status <= 504)) return new Unavailable(told, options);
  if (status === 401) return new Unauthenticated(told, options);
  if (status === 403) return new Forbidden(told, options);
  if (status === 404 || status === 410) return new NotFound(told, options);
  if (status === 409 || status === 412) return new Conflict(told, options);
  if (status === 429) return new TooMany(told, options);
  if (status >= 400 && status < 500) return new Invalid(told, options);
  return new LatchkeyError(told, options);
}
