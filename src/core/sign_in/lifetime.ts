import type { Config } from '../../config.ts';

/**
 * SQL: whether a session, a row of `sessions` by this alias, has outlived itself: too long since its sign-in, or too long
 * since anybody refreshed it (OWASP ASVS 7.3). 0 days is no bound.
 */
export function outlived({ sessionDays, sessionIdleDays }: Config, alias: string): string {
  const bounds = [
    [sessionDays, `${alias}.created_at`],
    [sessionIdleDays, `coalesce(${alias}.refreshed_at, ${alias}.created_at)`],
  ] as const;
  const over = bounds.filter(([days]) => days > 0);
  return over.map(([days, since]) => `${since} < now() - make_interval(days => ${days})`).join(' or ') || 'false';
}
