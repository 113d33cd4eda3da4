import type { Readable } from 'node:stream';

/** An answer that is sent as it arrives, instead of a JSON body. A handler returns it; nothing of it is checked. */
export class Streamed {
  constructor(
    /** `status`: the operation's success where it is not said. The body is closed when the caller goes. */
    readonly reply: { status?: number; headers: Record<string, string>; body: Readable },
  ) {}
}
