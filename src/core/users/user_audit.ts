import { audit, type Happening } from '../audit.ts';
import type { Context } from '../context.ts';

/** What of a user says who may do what, but for the password. */
interface Seen {
  uuid: string;
  email: string;
  username: string | null;
  role_ids?: number[];
}

const changes: readonly [name: 'email' | 'username' | 'role_ids', happening: Happening][] = [
  ['email', 'email_changed'],
  ['username', 'username_changed'],
  ['role_ids', 'roles_changed'],
];

/**
 * Writes what became of a user to the audit log, by what they were before and are afterwards; undefined for one who was not
 * there yet. One row for each thing that changed, with what it was and is. `whose`: who did it, where nobody is signed in.
 */
export async function auditUser(
  context: Context,
  before: Seen | undefined,
  after: Seen,
  whose?: { user_id: number; account_id: number },
): Promise<void> {
  const { uuid, email, username, role_ids } = after;
  if (!before) return audit(context, 'user_made', uuid, whose, { email, username, role_ids });
  for (const [name, happening] of changes) {
    const [from, to] = [before[name], after[name]];
    if (JSON.stringify(from) !== JSON.stringify(to)) await audit(context, happening, uuid, whose, { from, to });
  }
}
