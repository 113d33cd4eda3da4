import { createV1, LatchkeyError } from '../../generated/clients/typescript/index.js';
import { isAway } from './state.ts';

/** The server said no: in a sentence, and in sentences by field. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** Nobody answered, or whoever did says that the server is not there just now. */
export class Away extends Error {}

/** Somebody was asked for a password and went away from the question. */
export class Declined extends Error {}

/** Who asks people for a password: for a session that has ended, and for one whose password was typed long ago. */
export const doors = {
  signIn: (): Promise<void> => Promise.reject(new Declined()),
  reauthenticate: (): Promise<void> => Promise.reject(new Declined()),
};

/** The server that this page is from, as whoever its cookie says. The page says that it is away, and asks again by itself. */
export const latchkey = createV1({ url: '', retries: 0, timeout: 0 });

/** One request. Throws `Away` and `Refusal`, and `Declined` where its sender stopped it. */
export async function once<Body>(send: () => PromiseLike<Body>): Promise<Body> {
  try {
    const body = await send();
    isAway.set(false);
    return body;
  } catch (thrown) {
    if (!(thrown instanceof LatchkeyError)) throw thrown;
    const isThere = ![0, 502, 503, 504].includes(thrown.status);
    isAway.set(!isThere);
    throw isThere ? refusalOf(thrown.status, thrown.body) : new Away();
  }
}

/** A request that is sent again once its sender has shown who they are. Throws `Declined` as well. */
export async function ask<Body>(send: () => PromiseLike<Body>): Promise<Body> {
  for (;;) {
    try {
      return await once(send);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      if (thrown.status === 401) await doors.signIn();
      else if (thrown.message === 'reauthenticate') await doors.reauthenticate();
      else throw thrown;
    }
  }
}

function refusalOf(status: number, body: unknown): Refusal {
  if (typeof body !== 'object' || body === null) return new Refusal(status, `The server answered ${status}.`);
  const { detail, ...rest } = body as Record<string, unknown>;
  if (typeof detail === 'string') return new Refusal(status, detail);
  const fields = Object.fromEntries(Object.entries(rest).map(([name, said]) => [name, sentences(said).join(' ')]));
  return new Refusal(status, Object.values(fields).join(' '), fields);
}

const sentences = (said: unknown): string[] =>
  typeof said === 'object' && said !== null ? Object.values(said).flatMap(sentences) : [String(said)];
