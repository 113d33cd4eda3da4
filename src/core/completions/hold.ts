import type { Principal } from '../principal.ts';

/** So long a question is held by whoever answers it, unless it is held anew: then others may go on. As an interval of Postgres. */
export const held = `interval '30 seconds'`;

/** The columns of a question that waits for whichever process takes it up. */
export function hold(principal: Principal) {
  return { state: 'waiting', unattended: true, key_uuid: keyUuidOf(principal) } as const;
}

/** The key that somebody asks with. */
export function keyUuidOf(principal: Principal): string | null {
  return (principal.kind === 'user' && principal.key?.uuid) || null;
}

/** SQL: whether a question `e` is to be answered before those after it. */
export const isAhead = `e.state = 'waiting' and (e.unattended or e.held_until > now())`;
