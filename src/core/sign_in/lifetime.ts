import type { Config } from '../../config.ts';

/**
 * SQL: whether a session, a row of `sessions` by this alias, has outlived itself: too long since its sign-in, or too long
 * since anybody refreshed it (OWASP ASVS 7.3). 0 days is no bound.
 */
export function outlived(config: Config, alias: string): string {
  const over = boundsOf(config, alias);
  return over.map(([days, since]) => `${since} < now() - make_interval(days => ${days})`).join(' or ') || 'false';
}

/** SQL: when a session ends by itself, unless it is refreshed; null where it does not. */
export function endOf(config: Config, alias: string): string {
  const ends = boundsOf(config, alias).map(([days, since]) => `${since} + make_interval(days => ${days})`);
  return ends.length > 0 ? `least(${ends.join(', ')})` : 'null::timestamptz';
}

function boundsOf({ sessionDays, sessionIdleDays }: Config, alias: string): [days: number, since: string][] {
  const bounds: [number, string][] = [
    [sessionDays, `${alias}.created_at`],
    [sessionIdleDays, `coalesce(${alias}.refreshed_at, ${alias}.created_at)`],
  ];
  return bounds.filter(([days]) => days > 0);
}
