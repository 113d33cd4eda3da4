import { identifierFault } from './names.ts';

/** An e-mail address: something, an @, something, and no space; nothing in it is invisible or stands for another. */
export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(text) && identifierFault(text) === undefined;
}

/**
 * Whether a mail can be addressed to it as it stands: nothing in it is read as a second address, a name or a route by any mail
 * server (RFC 5322 §3.4), which what is kept of others may have.
 */
export function isMailable(email: string): boolean {
  return isEmail(email) && /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]+@[\p{L}\p{M}\p{N}.-]+$/u.test(email);
}
