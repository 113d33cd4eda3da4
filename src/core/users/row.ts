import type { User } from '../../../generated/tables.ts';

/** A user as a member of the caller's account. `token` is there once: in the answer that makes the user. */
export interface UserRow extends User {
  role_ids: number[];
  token: string | null;
}

/** What may be written, as the policy lets it through. */
export interface UserBody {
  avatar?: string | null;
  email?: string;
  first_name?: string | null;
  last_name?: string | null;
  password?: string;
  password_confirmation?: string;
  password_current?: string;
  role_ids?: number[];
  roles_new?: number[];
  username?: string;
}
