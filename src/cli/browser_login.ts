import { setTimeout } from 'node:timers/promises';
import { version } from '../../generated/operations.ts';
import { type Answer, parse, parseObject, read, refusal } from './answer.ts';
import { showProgress, warn } from './output.ts';
import { call, openAnyway } from './server.ts';
import { Stop } from './stop.ts';

/** Whoever is asked to allow it sees what asks. */
const headers = { 'Content-Type': 'application/json', 'User-Agent': `latchkey/${version}` };
const client_id = 'latchkey';
const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
const patience = 30_000;
/** Longer than this is not waited between two questions, however often the server was away; seconds. */
const longest = 30;

interface Codes {
  device_code: string;
  user_code: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

/**
 * Signs in by a browser, on this machine or any other (RFC 8628): says where to look and which code is shown there, and waits
 * until somebody has answered. Opens nothing. Throws a `Stop` where it is refused, or nobody answers.
 */
export async function signInByBrowser(url: string, name: string): Promise<{ token: string; name: string }> {
  const asked = await call('authorizeDevice', { by: { url }, body: { client_id, name }, headers, timeout: patience });
  const codes = parseObject<Codes>(asked.text);
  warn(`Signing in to ${url}`);
  warn(`Open ${codes.verification_uri_complete} in a browser, on any machine.`);
  warn(`Allow it there if the page shows this code: ${codes.user_code}`);
  const began = Date.now();
  const left = () => Math.max(0, codes.expires_in - Math.floor((Date.now() - began) / 1000));
  const progress = showProgress('Waiting for your answer: {left} left {bar}', codes.expires_in, {
    left: spoken(left()),
  });
  const ticking = setInterval(() => progress.to(codes.expires_in - left(), { left: spoken(left()) }), 1000);
  try {
    return await answered(url, codes, left);
  } finally {
    clearInterval(ticking);
    progress.end();
  }
}

const spoken = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

async function answered(url: string, { device_code, interval }: Codes, left: () => number) {
  let wait = interval;
  let isToldAway = false;
  for (;;) {
    await setTimeout(wait * 1000);
    if (left() === 0) throw over();
    const answer = await poll(url, device_code);
    if (answer?.status === 200) {
      const { access_token: token, session } = parseObject<{ access_token: string; session: { name: string } }>(
        answer.text,
      );
      return { token, name: session.name };
    }
    const { error } = (parse(answer?.text ?? '') ?? {}) as { error?: string };
    if (error === 'access_denied') throw new Stop('unauthenticated', 'It was refused in the browser.');
    if (error === 'expired_token') throw over();
    if (error === 'authorization_pending') wait = interval;
    else if (error === 'slow_down') wait = interval += 5;
    else if (answer && answer.status < 500 && answer.status !== 429) throw refusal(answer);
    else {
      if (!isToldAway) warn('The server does not answer just now. It is asked again.');
      isToldAway = true;
      wait = Math.min(longest, wait * 2);
    }
  }
}

/** Undefined where there is no answer. */
async function poll(url: string, device_code: string): Promise<Answer | undefined> {
  const body = { client_id, grant_type, device_code };
  try {
    return await read(await openAnyway('pollDevice', { by: { url }, body, headers, timeout: patience }));
  } catch (error) {
    if (error instanceof Stop) return undefined;
    throw error;
  }
}

const over = () => new Stop('unauthenticated', 'Nobody has answered in time. Begin anew: latchkey login --web');
