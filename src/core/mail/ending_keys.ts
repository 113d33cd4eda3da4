import type { House } from '../house.ts';
import { isMailing } from './queue.ts';

/**
 * Tells users of their keys that end within 7 days, once for each end, where the key was made for longer than that. In one
 * statement: what is marked is queued, by whichever process asks first.
 */
export async function noticeEndingKeys({ db, config, log }: Pick<House, 'db' | 'config' | 'log'>): Promise<void> {
  if (!isMailing({ config })) return;
  try {
    await db.raw(
      `with ending as (
         update api_keys set expiry_noticed = expires_at
         where expires_at > now() and expires_at <= now() + interval '7 days' and expires_at > created_at + interval '7 days'
           and expiry_noticed is distinct from expires_at and revoked_at is null and is_enabled
         returning user_id, name, expires_at)
       select graphile_worker.add_job('mail', json_build_object('letter', 'key_ending', 'user_id', user_id, 'name', name,
         'at', expires_at), flags := '{mail}', max_attempts := 12) from ending`,
    );
  } catch (error) {
    log.warn({ err: error }, 'keys that end soon could not be looked for');
  }
}
