import { append } from './audit_chain/append.ts';
import type { Context } from './context.ts';
import type { Installation } from './installation/index.ts';

/** What is worth remembering: who came and went, who may do what from now on, and where the server was told to go. */
export type Happening =
  | 'signed_in'
  | 'sign_in_failed'
  | 'signed_out'
  | 'reauthenticated'
  | 'device_allowed'
  | 'device_refused'
  | 'refresh_token_reused'
  | 'user_made'
  | 'user_removed'
  | 'user_deleted'
  | 'email_changed'
  | 'username_changed'
  | 'password_changed'
  | 'password_reset'
  | 'roles_changed'
  | 'member_invited'
  | 'invitation_ended'
  | 'member_joined'
  | 'member_disabled'
  | 'member_enabled'
  | 'reset_offered'
  | 'key_minted'
  | 'key_imported'
  | 'key_leaked'
  | 'key_renamed'
  | 'key_changed'
  | 'key_rotated'
  | 'key_enabled'
  | 'key_disabled'
  | 'key_revoked'
  | 'webhook_set'
  | 'webhook_cleared'
  | 'webhook_secret_rotated'
  | 'container_set'
  | 'container_cleared';

/** As much of a context as the log takes. */
interface Auditing extends Pick<Context, 'db' | 'principal' | 'asker'> {
  house: { installation: Pick<Installation, 'seal'> };
}

/**
 * Writes one line to the audit log, in the transaction of what it is about, at its end: see `append`. `subject` names what it
 * happened to by a public identifier; never a secret, and nothing that was typed in a field for one. `whose` says whom it is about where
 * nobody has signed in yet, `details` what changed, from what to what.
 */
export async function audit(
  context: Auditing,
  action: Happening,
  subject: string,
  whose?: { user_id: number; account_id: number | null },
  details?: object,
): Promise<void> {
  const { db, principal, asker, house } = context;
  const known = principal.kind === 'user' ? principal : undefined;
  await append(db, house.installation.seal.auditKey, {
    account_id: whose?.account_id ?? (principal.kind === 'anonymous' ? null : principal.accountId),
    user_id: whose?.user_id ?? known?.userId ?? null,
    api_key_id: known?.keyId ?? null,
    action,
    subject,
    details: details ? JSON.stringify(details) : null,
    address: asker.address,
    request_id: asker.requestId,
  });
}
