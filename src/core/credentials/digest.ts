import { createHash } from 'node:crypto';

/** SHA-256: the only form in which a token or a key is stored. */
export function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
