/** The four roles, from the one that may do everything to the one that may only look. */
export const roles = ['owner', 'admin', 'editor', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Who is asking, as the surface's `authenticate` found out. */
export type Principal =
  | { kind: 'anonymous' }
  | {
      kind: 'user';
      userId: number;
      accountId: number;
      roles: readonly Role[];
      /** The OAuth token that was presented, if it was one: its row, and its decoded value. */
      token?: { id: number; value: string };
      /** The API key that was presented, if it was one. */
      keyId?: number;
      /** The session whose JWT was presented, if it was one. */
      sessionId?: string;
    }
  /** Nobody has to sign in here: REQUIRE_USER_AUTHENTICATION=false. */
  | { kind: 'open'; accountId: number };

export const anonymous: Principal = { kind: 'anonymous' };

/** Whether a principal holds the role or a stronger one. */
export function atLeast(role: Role, principal: Principal): boolean {
  return principal.kind === 'user' && principal.roles.some((held) => roles.indexOf(held) <= roles.indexOf(role));
}

/** Roles by id: 1 Owner, 2 Admin, 3 Editor, 4 Viewer, as the `roles` table numbers them. */
export function rolesOf(ids: readonly number[]): Role[] {
  return roles.filter((_, index) => ids.includes(index + 1));
}
