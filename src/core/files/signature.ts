import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { House } from '../house.ts';

/**
 * A signature that opens one thing for one purpose until a time, without a credential: HMAC-SHA256 over
 * `purpose:subject:expires`, with a key of the installation's secret for this purpose alone.
 * @param subject what is opened: a file's id, say
 * @param expires Unix seconds
 * @returns 43 URL-safe characters
 */
export function sign({ installation }: House, purpose: string, subject: string, expires: number): string {
  const key = Buffer.from(hkdfSync('sha256', installation.tokenSecret, '', `latchkey signed url: ${purpose}`, 32));
  return createHmac('sha256', key).update(`${purpose}:${subject}:${expires}`).digest('base64url');
}

/** Whether a signature is ours, for exactly this, and has not expired. Takes the same time for every wrong one. */
export function checkSignature(
  house: House,
  purpose: string,
  subject: string,
  expires: number,
  signature: string,
): boolean {
  const expected = Buffer.from(sign(house, purpose, subject, expires));
  const given = Buffer.from(signature);
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  return isOurs && Number.isSafeInteger(expires) && Date.now() < expires * 1000;
}
