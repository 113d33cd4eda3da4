import type { Session as SessionRow } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { makeSessionToken } from '../api_keys/form.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { nameFault } from '../names.ts';
import { beginSession } from './begin.ts';
import { checkSignIn, type SignedIn } from './by_password.ts';
import { signOut } from './session.ts';

/** A session of a command line, and its token, which is in this answer and nowhere else. */
export interface CliSession extends SessionRow {
  token: string;
}

/**
 * Signs a command line in, by name or e-mail address, and names its session after the machine. Its token stands wherever an
 * API key may, and is none of the ten: it lasts as sessions do (`outlived`), where a use counts as a refresh. Throws
 * `invalid` for a wrong name or password, one sentence for both; `too_many`, `conflict`.
 */
export async function openCliSession(
  context: Context,
  asked: { email: string; password: string; name: string },
): Promise<CliSession> {
  const name = sessionName(asked.name);
  const by = asked.email.includes('@') ? 'email_in_any_case' : 'username';
  const signedIn = await checkSignIn(context, by, asked.email, asked.password);
  if (!signedIn) throw new Failure('invalid', 'The address or the password is wrong.');
  return context.db.transaction((db) => makeCliSession({ ...context, db }, signedIn, name));
}

/** What the session of a machine is called. Throws `invalid`. */
export function sessionName(asked: string): string {
  const name = asked.normalize('NFC').trim();
  const fault = name === '' ? 'may not be empty' : nameFault(name);
  if (fault) throw new Failure('invalid', `name: ${fault}`, { fields: { name: [fault] } });
  return name;
}

/** The session itself, in the caller's transaction. Throws `conflict` where the password has been changed since. */
export async function makeCliSession(context: Context, signedIn: SignedIn, name: string): Promise<CliSession> {
  const token = makeSessionToken();
  const row = { kind: 'cli', name, cli_token_hash: digest(token) };
  const { session } = await beginSession(context, signedIn, row);
  return { ...session, token };
}

/** Ends the session that this call is made with. Throws `forbidden` for a key: it is revoked, not signed out. */
export async function endOwnSession(context: Context): Promise<void> {
  const { principal } = context;
  if (principal.kind === 'user' && principal.sessionId !== undefined) return signOut(context, 'local');
  throw new Failure('forbidden', 'This is an API key, no session: it is ended by revoking it.');
}
