/** The tokens of a session, as `sessions.create` gives them. */
export interface SessionTokens {
  access_token?: string | undefined;
  refresh_token?: string | undefined;
  /** Seconds for which the access token is good. */
  expires_in?: number | undefined;
}

/** How to reach a server, and as whom. */
export interface LatchkeyOptions {
  /** Where the installation is, such as `https://latchkey.example.com`; '' in a page that it serves. */
  url: string;
  /** An API key of any form. It goes where each of the APIs wants it. */
  apiKey?: string | undefined;
  /** Or a session: its tokens are refreshed when it is time, once for however many calls wait for it. */
  session?: SessionTokens | undefined;
  /** Is told of the tokens of a session that was refreshed, to keep them. */
  onSession?: ((tokens: SessionTokens) => void) | undefined;
  /** Names the installation to Mage and to `magpipe.auth`, beside a session of theirs. */
  applicationKey?: string | undefined;
  /** Mage's own session: `session.token` of `mage.sessions.create`, raw or decoded. */
  mageToken?: string | undefined;
  /** Milliseconds within which an answer must begin, and all of it be there where it is JSON; 60,000 unless it is said. */
  timeout?: number | undefined;
  /** How often what failed for a while is sent again, at most; 3 unless it is said. */
  retries?: number | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** In the place of `fetch`. */
  fetch?: typeof fetch | undefined;
}

/** Of one call. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
  retries?: number | undefined;
  headers?: Record<string, string> | undefined;
  /** Is given the answer, for its status and headers, before its body is read. */
  onResponse?: ((response: Response) => void) | undefined;
}

/** Of a call that may come again and is done once. */
export interface IdempotentOptions extends CallOptions {
  /** A text of your own, unique to this change; one is made where none is given. */
  idempotencyKey?: string | undefined;
}

/** Of a change to what has an `ETag`. */
export interface ConditionalOptions extends CallOptions {
  /** The `ETag` of what was read: `Conflict` where somebody was faster. */
  ifMatch?: string | undefined;
}

/** Of a call that sends files. */
export interface UploadOptions extends IdempotentOptions {
  /** Is told how many bytes have gone, of how many; 0 where it is not known how many. */
  onProgress?: ((sent: number, total: number) => void) | undefined;
}

/** Of a call that follows events. */
export interface FollowOptions extends CallOptions {
  /** The `id` of the last event that is known: those after it are given. */
  lastEventId?: string | undefined;
}
