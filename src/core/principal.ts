/** The four roles, from the one that may do everything to the one that may only look. */
export const roles = ['owner', 'admin', 'editor', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** A span of time, and how many requests at most in it. */
export interface Window {
  requests: number;
  per: 'second' | 'minute' | 'hour' | 'day';
}

/** What a key may do, as far as its user may. */
export interface KeyBounds {
  uuid: string;
  scopes: readonly string[];
  /** Addresses and CIDR ranges; none: from anywhere. */
  addresses: readonly string[];
  limits: readonly Window[];
  /** The row that counts its calls; null where it never had anything to count. */
  counterId: number | null;
  /** Whether its calls use up credits, and to what they are filled up. */
  credited: boolean;
  refill: { amount: number; every: 'day' | 'month' } | null;
  expiresAt: string | null;
}

/** Who is asking, as the surface's `authenticate` found out. */
export type Principal =
  | { kind: 'anonymous' }
  | {
      kind: 'user';
      userId: number;
      /** The user's identifier, where the credential was looked up with it. */
      userUuid?: string;
      accountId: number;
      roles: readonly Role[];
      /** The OAuth token that was presented, if it was one: its row, and its decoded value. */
      token?: { id: number; value: string };
      /** The API key that was presented, if it was one. */
      keyId?: number;
      /** What that key may do, and where it ends. */
      key?: KeyBounds;
      /** The session whose token or cookie was presented, if it was one. */
      sessionId?: string;
      /** When the password of that session was typed last. */
      signedInAt?: string;
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
