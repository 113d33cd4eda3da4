import type { Entry } from './api.ts';

/** What happens, in words, as the log names it. */
const words: Record<string, string> = {
  signed_in: 'Signed in',
  sign_in_failed: 'Sign-in failed',
  signed_out: 'Signed out',
  reauthenticated: 'Password typed again',
  refresh_token_reused: 'Refresh token used twice',
  user_made: 'User made',
  user_removed: 'Member removed',
  user_deleted: 'User deleted',
  email_changed: 'E-mail changed',
  username_changed: 'Username changed',
  password_changed: 'Password changed',
  password_reset: 'Password reset',
  roles_changed: 'Role changed',
  member_invited: 'Member invited',
  invitation_ended: 'Invitation taken back',
  member_joined: 'Member joined',
  member_disabled: 'Member disabled',
  member_enabled: 'Member enabled',
  reset_offered: 'Reset link made',
  key_minted: 'Key generated',
  key_imported: 'Key imported',
  key_leaked: 'Key reported as leaked',
  key_renamed: 'Key renamed',
  key_changed: 'Key changed',
  key_rotated: 'Key rotated',
  key_enabled: 'Key enabled',
  key_disabled: 'Key disabled',
  key_revoked: 'Key revoked',
  webhook_set: 'Webhook set',
  webhook_cleared: 'Webhook deleted',
  webhook_secret_rotated: 'Webhook secret rotated',
  container_set: 'Container set',
  container_cleared: 'Container cleared',
};

/** All that can be asked for, with its words. */
export const happenings = Object.entries(words);

/** What happened; what has no words here is shown as the log has it. */
export const wordsOf = ({ action }: Pick<Entry, 'action'>) => words[action] ?? action.replaceAll('_', ' ');

/** What was changed, from what to what, a line for each. */
export function changesIn({ action, details }: Entry): string[] {
  if (!details) return [];
  if (action === 'roles_changed') return [change({ from: roles(details.from), to: roles(details.to) })];
  return Object.entries(details).map(([name, value]) =>
    name === 'role_ids' ? `role: ${roles(value)}` : `${name.replaceAll('_', ' ')}: ${plain(value)}`,
  );
}

const change = ({ from, to }: Record<string, unknown>) => `${plain(from)} → ${plain(to)}`;

/** Roles by their numbers, as the log has them. */
const roles = (ids: unknown) =>
  [ids].flat().map((id) => ['owner', 'admin', 'editor', 'viewer'][Number(id) - 1] ?? String(id));

function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (Array.isArray(value)) return value.length > 0 ? value.map(plain).join(', ') : 'none';
  if (typeof value !== 'object') return String(value).replace(/^([\da-f]{8})-([\da-f]{4}-){3}[\da-f]{12}$/, '$1…');
  const isChange = Object.keys(value).every((name) => name === 'from' || name === 'to');
  return isChange ? change(value as Record<string, unknown>) : JSON.stringify(value);
}
