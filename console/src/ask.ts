import createClient from 'openapi-fetch';
import type { paths } from '../../generated/clients/typescript/latchkey.d.ts';
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

export const client = createClient<paths>({ baseUrl: '/v1' });

export interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response: { status: number; ok: boolean };
}

/** One request. Throws `Away` and `Refusal`, and `Declined` where its sender stopped it. */
export async function once<Body>(send: () => Promise<Answer<Body>>): Promise<Body> {
  const answer = await send().catch((thrown) => {
    if (thrown instanceof Declined) throw thrown;
    return undefined;
  });
  const isThere = answer !== undefined && ![502, 503, 504].includes(answer.response.status);
  isAway.set(!isThere);
  if (!isThere) throw new Away();
  if (!answer.response.ok) throw refusalOf(answer.response.status, answer.error);
  return answer.data as Body;
}

/** A request that is sent again once its sender has shown who they are. Throws `Declined` as well. */
export async function ask<Body>(send: () => Promise<Answer<Body>>): Promise<Body> {
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
