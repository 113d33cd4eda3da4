import type { Key, Me } from './api.ts';
import { ago } from './time.tsx';

/** What a key may do, in few words: “pipelines: read, run”. */
export function may(scopes: readonly string[]): string {
  if (scopes.includes('*')) return 'everything you may do';
  if (scopes.length === 0) return 'nothing';
  const verbs: Record<string, string[]> = {};
  for (const [thing = '', verb = ''] of scopes.map((scope) => scope.split(':'))) {
    verbs[thing] = [...(verbs[thing] ?? []), verb];
  }
  return Object.entries(verbs)
    .map(([thing, all]) => `${thing}: ${all.join(', ')}`)
    .join('; ');
}

/** Whether it can still be used, or be switched on again. */
export const isAlive = ({ state }: Key) => state === 'active' || state === 'disabled' || state === 'rotated';

/** Whether it can be changed, switched off and on. */
export const isEditable = ({ state }: Key) => state === 'active' || state === 'disabled';

/** Only its user gives a key a new secret, and only once until the old one has ended. */
export const mayRotate = (key: Key, me: Me | null | undefined) => key.user.id === me?.id && isEditable(key);

/** When and from where it was last used, as an end of a sentence. */
export function lastUse({ last_used_at, last_used_address }: Key): string {
  if (!last_used_at) return 'it was never used';
  return `it was last used ${ago(last_used_at)}${last_used_address ? ` from ${last_used_address}` : ''}`;
}

const soon = 14 * 86_400_000;

/** How a key stands, as a word with a colour. */
export function State({ of: key }: { of: Key }) {
  const { state, rotation, expires_at } = key;
  if (state === 'rotated' && rotation) return <span class="chip warn">Old key, ends {ago(rotation.until)}</span>;
  if (state === 'active' && expires_at && Date.parse(expires_at) - Date.now() < soon)
    return <span class="chip warn">Expires {ago(expires_at)}</span>;
  const kind = { active: 'good', disabled: 'warn', expired: 'bad', revoked: 'bad', rotated: 'warn' }[state];
  return <span class={`chip ${kind}`}>{state.slice(0, 1).toUpperCase() + state.slice(1)}</span>;
}
