import type { Readable } from 'node:stream';
import type { File } from '../../../generated/tables.ts';
import type { Storage } from './storage.ts';

/** A kept file: a row of `files`. */
export type FileRow = File;

/** Bytes that have arrived, are on our disk under a temporary name, and are not kept yet. */
export interface Upload {
  path: string;
  size: number;
  /** In hex. */
  sha256: string;
  /** The last segment of the name that was sent, cleaned; never a path. */
  name: string;
  /** `type/subtype`, in lower case. */
  mediaType: string;
}

/** Bytes on their way in and out. */
export interface Files {
  /**
   * Streams to a temporary file, hashing. Throws `too_large` over `limit` bytes (LATCHKEY_MAX_UPLOAD_BYTES where it is not
   * said), `invalid` for a stream that breaks off, `unavailable` where the disk cannot take it; leaves nothing behind
   * then. The body itself is left as it is: on its connection there is an answer to be sent yet.
   */
  receive(body: Readable, named: { name: string; mediaType: string }, limit?: number): Promise<Upload>;
  /** Drops what was received and not kept; does nothing for what was kept. */
  discard(upload: Upload): Promise<void>;
  /**
   * The bytes of a kept file, or a part: start and end inclusive, as in a Range header. Throws `not_found` where they are
   * gone, `unavailable` where the store does not answer or has not all of them.
   */
  read(file: Pick<FileRow, 'sha256' | 'size'>, range?: { start: number; end: number }): Promise<Readable>;
  close(): Promise<void>;
  /** Where kept bytes lie: for this folder alone. */
  storage: Storage;
  /** Where bytes arrive; absolute. */
  incoming: string;
}
