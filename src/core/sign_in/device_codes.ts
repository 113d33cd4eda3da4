import { createHmac, randomBytes, randomInt } from 'node:crypto';
import type { House } from '../house.ts';

/** No vowels, so that no words come of it, and nothing that looks like something else (RFC 8628 §6.1). */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const form = new RegExp(`^[${alphabet}]{8}$`);

/** The code of the program, which nobody types: 256 random bits. */
export const makeDeviceCode = (): string => randomBytes(32).toString('base64url');

/** The code that people type: some 34 random bits, for ten minutes, and ten guesses in a quarter of an hour. */
export function makeUserCode(): string {
  return Array.from({ length: 8 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** As it is shown: `WDJB-MJHT`. */
export const shownCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** What somebody typed, as it was made: without dashes and spaces, in capitals; undefined for what is no code. */
export function typedCode(text: string): string | undefined {
  const code = text.replace(/[\s-]/g, '').toUpperCase();
  return form.test(code) ? code : undefined;
}

/** What is kept of such a code. Whoever reads the database alone cannot try them all. */
export function userHash({ installation }: Pick<House, 'installation'>, code: string): Buffer {
  return createHmac('sha256', installation.tokenSecret).update(`device:${code}`).digest();
}
