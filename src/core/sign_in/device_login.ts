import type { DeviceLogin } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import type { SignedIn } from './by_password.ts';
import { type CliSession, makeCliSession, sessionName } from './cli_session.ts';
import { makeDeviceCode, makeUserCode, userHash } from './device_codes.ts';

/** What a program is told that asks to be let in; seconds. */
export interface DeviceCodes {
  deviceCode: string;
  userCode: string;
  expiresIn: number;
  interval: number;
}

const lifetime = 600;
/** Whoever asks too soon waits so much longer from then on (RFC 8628 §3.5); seconds. */
const slower = 5;
/** A question may be that much early: clocks and networks are not exact; seconds. */
const tolerance = 1;

/** Notes that a program waits to be let in (RFC 8628 §3.1). Throws `invalid` for its name, `too_many`. */
export async function beginDeviceLogin(context: Context, asked: string): Promise<DeviceCodes> {
  const { db, house, asker } = context;
  const name = sessionName(asked);
  await house.limits.deviceLogin(asker.address);
  const deviceCode = makeDeviceCode();
  const from = { address: asker.address || null, user_agent: asker.userAgent?.slice(0, 512) ?? null };
  for (;;) {
    const userCode = makeUserCode();
    const row = { ...from, name, device_hash: digest(deviceCode), user_hash: userHash(house, userCode) };
    const [made] = await db('device_logins')
      .insert({ ...row, expires_at: db.raw(`now() + make_interval(secs => ${lifetime})`) as unknown as string })
      .onConflict('user_hash')
      .ignore()
      .returning('interval_seconds');
    if (made) return { deviceCode, userCode, expiresIn: lifetime, interval: made.interval_seconds };
  }
}

/** What a program hears that asks whether it was let in, by the names of RFC 8628 §3.5 and RFC 6749 §5.2. */
export type Waiting = 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant';

interface Found extends DeviceLogin {
  is_over: boolean;
  is_early: boolean;
}

/**
 * Opens the session that somebody has allowed, once; else says why there is none. Throws `too_many` for an address that
 * guesses.
 */
export async function pollDeviceLogin(context: Context, deviceCode: string): Promise<CliSession | Waiting> {
  const outcome = await context.db
    .transaction(async (db): Promise<CliSession | Waiting> => {
      const { rows } = await db.raw<{ rows: Found[] }>(
        `select *, expires_at <= now() as is_over,
           coalesce(polled_at > clock_timestamp() - make_interval(secs => interval_seconds - ${tolerance}), false) as is_early
         from device_logins where device_hash = ? for update`,
        [digest(deviceCode)],
      );
      const [login] = rows;
      if (!login) return 'invalid_grant';
      if (login.is_over) return 'expired_token';
      if (login.state === 'refused') return 'access_denied';
      const within = { ...context, db };
      if (login.state === 'allowed') return letIn(within, login);
      const interval_seconds = login.interval_seconds + (login.is_early ? slower : 0);
      const polled = { interval_seconds, polled_at: db.raw('clock_timestamp()') as unknown as string };
      await db('device_logins').where({ id: login.id }).update(polled);
      return login.is_early ? 'slow_down' : 'authorization_pending';
    })
    .catch((thrown) => {
      // The password that allowed it is another one by now.
      if (thrown instanceof Failure && thrown.kind === 'conflict') return 'access_denied' as const;
      throw thrown;
    });
  if (outcome === 'invalid_grant') await context.house.limits.guessed(context.asker.address);
  return outcome;
}

async function letIn(context: Context, login: Found): Promise<CliSession | Waiting> {
  const { db } = context;
  await db('device_logins').where({ id: login.id }).delete();
  const { user_id, account_id, password_version } = login as unknown as Required<SignedIn>;
  const member = await db('memberships').where({ user_id, account_id }).whereNull('disabled_at').first('user_id');
  if (!member) return 'access_denied';
  return makeCliSession(context, { user_id, account_id, password_version }, login.name);
}
