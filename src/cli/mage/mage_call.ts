import { setTimeout as sleep } from 'node:timers/promises';
import { isSuccess, parseObject, read, refusal } from '../answer.ts';
import { findCredential } from '../credential.ts';
import { warn } from '../output.ts';
import { send } from '../request.ts';
import { Stop } from '../stop.ts';

/** The server has understood, and says no. */
export class Refusal extends Stop {
  constructor(sentence: string) {
    super('refused', sentence);
  }
}

/** The longest that one call waits for a server that is asked too often; seconds. */
const patience = 120;

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
type Answer = any;

/**
 * Calls the Mage surface as the user who is signed in. Gives undefined where there is no such thing. Throws a `Refusal` for what the
 * server will not do, and a `Stop` for what ends all: no server, or no credential that holds.
 */
export async function mageCall(method: string, segments: string[], body?: object, query = ''): Promise<Answer> {
  const path = `/api/${segments.map(encodeURIComponent).join('/')}?_http_error_codes=true${query}`;
  const message = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  for (;;) {
    const opened = await send(findCredential(), method, path, { ...message, as: 'mage' });
    const answer = await read(opened);
    const wait = Number(answer.headers['retry-after']);
    if (answer.status === 429 && wait > 0 && wait <= patience) {
      warn(`The server wants a pause of ${wait} s.`);
      await sleep(wait * 1000);
      continue;
    }
    if (isSuccess(opened)) return parseObject(answer.text);
    if (answer.status === 401) throw refusal(answer);
    const { error } = parseObject<{ error?: { message?: string } }>(answer.text);
    if (answer.status === 404 || /does not exist\.$/.test(error?.message ?? '')) return undefined;
    throw new Refusal(refusal(answer).message);
  }
}
