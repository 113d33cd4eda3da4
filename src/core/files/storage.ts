import type { Readable } from 'node:stream';
import { Failure } from '../../contract/failure.ts';

/** Where kept bytes lie, by their SHA-256 in hex: the disk, or an S3-compatible store. */
export interface Storage {
  /**
   * Takes over a file of ours, whole and for good, or not at all. What is there already stays. The file is gone then; a
   * second time is no error.
   */
  put(sha256: string, path: string, size: number): Promise<void>;
  /** The bytes, or a part: start and end inclusive. Throws `gone`, and `unavailable` where they are not `size` bytes. */
  read(sha256: string, size: number, range?: { start: number; end: number }): Promise<Readable>;
  /** What is not there is no error. */
  remove(sha256: string): Promise<void>;
  /** The hashes of all that was put before a time, in batches of a thousand at most. */
  list(before: Date): AsyncIterable<string[]>;
  close(): void;
}

/** The failure of a row whose bytes are not there. */
export function gone(cause: unknown): Failure {
  return new Failure('not_found', 'The bytes of this file are gone.', { reason: { missing: 'record' }, cause });
}

/** What the store cannot do at present, and why. */
export function unavailable(cause: unknown): Failure {
  return new Failure('unavailable', 'Files cannot be stored or read at present. Please try again shortly.', { cause });
}
