import { createHash, hash } from 'node:crypto';

/** SHA-256: the form in which each token and key of ours is stored. */
export function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** SHA-512: the form of some keys that came from another system. */
export function longDigest(value: string): Buffer {
  return createHash('sha512').update(value).digest();
}

/** SHA-256 in hexadecimal digits, as fast as it can be had. */
export function hexDigest(value: string): string {
  return hash('sha256', value, 'hex');
}
