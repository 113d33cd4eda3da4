import type { Knex } from 'knex';
import type { Config } from '../../config.ts';

/** A mail that is to leave. Nothing secret is in it: codes of links are made when it does. */
export type Mail =
  | { letter: 'link'; id: string }
  | { letter: 'reset'; email: string }
  | { letter: 'key_made' | 'key_ending'; user_id: number; name: string; at: string }
  | { letter: 'key_leaked'; user_id: number; name: string; at: string; action: 'revoked' | 'flagged' }
  | { letter: 'password_changed'; user_id: number; at: string };

type Mailing = { config: Pick<Config, 'smtpUrl' | 'publicUrl'> };

/** Whether anything is mailed here: a server is set, and links have a host that the operator named, not a caller. */
export function isMailing({ config }: Mailing): boolean {
  return config.smtpUrl !== undefined && config.publicUrl !== undefined;
}

/** Tells the user of a key that it was made. */
export function noticeNewKey(
  { db, house }: { db: Knex; house: Mailing },
  { user_id, name, created_at: at }: { user_id: number; name: string; created_at: string },
) {
  return queueMail({ db, house }, { letter: 'key_made', user_id, name, at });
}

/** About a day, by graphile-worker's steps: as long as a link lasts. */
const attempts = 12;

/**
 * Queues a mail in the caller's transaction; false where nothing is mailed. A few at a time, by their flag, so that a server that
 * is slow holds up nothing else. `name`: one that waits under it is replaced.
 */
export async function queueMail({ db, house }: { db: Knex; house: Mailing }, mail: Mail, name?: string) {
  if (!isMailing(house)) return false;
  await db.raw(
    `select from graphile_worker.add_job('mail', ?::json, flags := '{mail}', max_attempts := ?, job_key := ?)`,
    [JSON.stringify(mail), attempts, name ?? null],
  );
  return true;
}
