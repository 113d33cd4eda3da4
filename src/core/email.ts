/** Whether a text has the form of an e-mail address: something, an @, something, and no space. */
export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(text);
}
