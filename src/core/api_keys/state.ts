/** What has become of a key. `rotated`: it has a successor, and works until its grace ends; then it is `revoked`. */
export const keyStates = ['active', 'disabled', 'expired', 'revoked', 'rotated'] as const;
export type KeyState = (typeof keyStates)[number];

/** SQL: the state of a row of `api_keys` by this alias. A rotation dates the end of the old key ahead. */
export function stateOf(alias: string): string {
  return `case when ${alias}.revoked_at <= now() then 'revoked' when ${alias}.expires_at <= now() then 'expired'
    when not ${alias}.is_enabled then 'disabled' when ${alias}.revoked_at is not null then 'rotated' else 'active' end`;
}
