import { dictionary } from '@zxcvbn-ts/language-common';

/** Why a password is refused (NIST SP 800-63B §3.1.1.2), by GoTrue's names where it has them. */
export interface Weakness {
  why: 'length' | 'pwned' | 'personal';
  /** For people. */
  sentence: string;
}

/** In code points; longer ones cost time and no attacker. */
export const longestPassword = 1024;

/** What somebody who guesses tries first: the service. */
const service = ['latchkey', 'magpipe', 'mage', 'mystic', 'maiagent'];

/** A word of the account may be part of a password, if so many characters are left without it. */
const leastBesides = 6;

/** Shorter words are in too many good passwords. */
const shortestWord = 4;

let common: Set<string> | undefined;

/**
 * What is wrong with a new password; undefined for a good one. There are no rules of composition: it has at least `least`
 * code points, is none of the 49,000 most common ones, and is not made of the account's own words (`about`: e-mail address,
 * username) or the service's with little besides.
 */
export function weaknessOf(
  password: string,
  least: number,
  about: readonly (string | null | undefined)[],
): Weakness | undefined {
  const { length } = [...password];
  if (length < least) return { why: 'length', sentence: `Password must be ${least} characters or longer.` };
  if (length > longestPassword)
    return { why: 'length', sentence: `Password must be ${longestPassword} characters or shorter.` };
  const plain = fold(password);
  common ??= new Set(dictionary['passwords-common'] as string[]);
  if (common.has(plain)) {
    return { why: 'pwned', sentence: 'Password is among the most common ones, and easy to guess. Choose another one.' };
  }
  const words = [...about.flatMap(wordsOf), ...service].filter((word) => word.length >= shortestWord);
  if (!words.some((word) => plain.includes(word))) return undefined;
  // The longest first, so that an address goes whole before its parts.
  const besides = words
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, word) => text.replaceAll(word, ''), plain);
  if ([...besides].length >= leastBesides) return undefined;
  return {
    why: 'personal',
    sentence: 'Password is made of the account’s own words, and easy to guess. Choose another one.',
  };
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

/** An address whole, and what is before its @. */
function wordsOf(text: string | null | undefined): string[] {
  const whole = fold(text ?? '');
  return [whole, whole.split('@')[0] ?? ''];
}
