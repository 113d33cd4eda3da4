import { identifierFault } from './names.ts';

/** An e-mail address: something, an @, something, and no space; nothing in it is invisible or stands for another. */
export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(text) && identifierFault(text) === undefined;
}
