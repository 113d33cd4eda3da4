import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';

/** What a user says of themselves: `data` on the way in, `user_metadata` on the way out. */
export type UserMetadata = Record<string, unknown>;

/** The most that is kept of it, as JSON: it is in every session token, and those travel in a header; bytes. */
const most = 4096;

/** What is kept, or is about to be. Throws `invalid` for more than is kept of one user. */
export function checkedMetadata(data: UserMetadata): UserMetadata {
  if (Buffer.byteLength(JSON.stringify(data)) <= most) return data;
  throw new Failure('invalid', `data may have ${most} bytes at most, as JSON`, {
    reason: { auth: 'validation_failed' },
  });
}

/** SQL: `user_metadata` with these in it, as GoTrue merges: the outermost names alone, and null takes one away. */
export function mergedMetadata(db: Knex, data: UserMetadata): Knex.Raw {
  const gone = Object.keys(data).filter((name) => data[name] === null);
  const kept = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
  return db.raw('(user_metadata || ?::jsonb) - ?::text[]', [JSON.stringify(kept), gone]);
}
