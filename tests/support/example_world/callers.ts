import { makeKey } from '../../../src/core/api_keys/form.ts';
import { digest } from '../../../src/core/credentials/digest.ts';
import { credentialOf } from './asked.ts';
import type { ExampleServer } from './example_server.ts';
import { put, times } from './rows.ts';

/** Who asks for what they may not: without a role, with the weakest one, and with a key of the owner's that permits next to nothing. */
export const weak = ['roleless', 'viewer', 'key'] as const;
export type Weak = (typeof weak)[number];

const people = { roleless: { id: 21, role_ids: [] }, viewer: { id: 22, role_ids: [4] } };

/** Their credentials, as a surface takes them; they are made in the world that is there. */
export async function weakCredentials(
  server: ExampleServer,
  surface: string,
): Promise<Record<Weak, Record<string, string>>> {
  const { db, installation } = server.house;
  const account_id = installation.accountId;
  for (const [name, { id, role_ids }] of Object.entries(people)) {
    const uuid = `0000000${id}-51c4-4e38-8b7f-c3a2915e4d60`.slice(-36);
    await put(db, 'users', { id, uuid, email: `${name}@example.com`, username: name, ...times, password_hash: '' });
    await put(db, 'memberships', { account_id, user_id: id, role_ids, created_at: times.created_at });
  }
  const key = makeKey();
  const its = { account_id, user_id: 1, checksummed: true, ...times };
  await put(db, 'api_keys', {
    ...its,
    hash: digest(key),
    prefix: key.slice(0, 8),
    name: 'weak',
    scopes: ['usage:read'],
  });
  const [roleless, viewer] = [
    await credentialOf(server, surface, people.roleless.id),
    await credentialOf(server, surface, people.viewer.id),
  ];
  return { roleless, viewer, key: ofKey(surface, key, roleless) };
}

/** A key of the owner's that has had its fill for the day, as a surface takes it. */
export async function spentKey(
  server: ExampleServer,
  surface: string,
  { roleless }: Record<Weak, Record<string, string>>,
) {
  const headers = { ...(await credentialOf(server, 'latchkey', 1)), 'Content-Type': 'application/json' };
  const body = JSON.stringify({ name: 'spent', limits: [{ requests: 1, per: 'day' }] });
  const made = await fetch(`${server.url}/v1/keys`, { method: 'POST', headers, body });
  const { key } = (await made.json()) as { key: string };
  await fetch(`${server.url}/v1/me`, { headers: { Authorization: `Bearer ${key}` } });
  return surface === 'mage'
    ? { 'X-API-KEY': key, 'OAUTH-TOKEN': '', Authorization: '' }
    : ofKey(surface, key, roleless);
}

function ofKey(surface: string, key: string, like: Record<string, string>): Record<string, string> {
  if (surface === 'mage') return { ...like, 'OAUTH-TOKEN': '', Authorization: `Bearer ${key}` };
  if (surface === 'maiagent') return { Authorization: `Api-Key ${key}` };
  return { ...like, Authorization: `Bearer ${key}` };
}
