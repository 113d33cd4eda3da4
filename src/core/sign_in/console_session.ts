import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { beginSession } from './begin.ts';
import type { SignedIn } from './by_password.ts';

/**
 * Opens a session of the console for somebody whose password was checked: gives its id, and the value of its cookie, which is
 * kept nowhere. What the browser held before ends, so that nobody goes on with a session that another has put there. Throws
 * `conflict`.
 */
export async function openConsoleSession(
  context: Context,
  signedIn: SignedIn,
  { name, before }: { name?: string | undefined; before?: string | undefined },
): Promise<{ id: string; value: string }> {
  const value = randomBytes(32).toString('base64url');
  return context.db.transaction(async (db) => {
    if (before !== undefined) {
      const held = { cookie_hash: digest(before), ended_at: null };
      await db('sessions').where(held).update({ ended_at: db.fn.now() });
    }
    const row = { kind: 'console', name: name ?? null, cookie_hash: digest(value) };
    const { session } = await beginSession({ ...context, db }, signedIn, row);
    return { id: session.id, value };
  });
}
