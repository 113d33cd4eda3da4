import { hashPassword } from '../../src/core/credentials/password_hash.ts';
import type { Console } from './console.ts';
import { ownerPassword } from './house.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
type Body = any;

/** A program that has signed in as somebody: asks `/v1` and gives what was answered. */
export type Program = (method: string, path: string, body?: object) => Promise<Body>;

/** Signs a program in, as the owner if nobody is named. */
export async function programOf({ url }: Console, email = 'owner@example.com'): Promise<Program> {
  const send = async (method: string, path: string, body?: object, token?: string): Promise<Body> => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${url}/v1${path}`, init);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const { access_token } = await send('POST', '/sessions', { email, password: ownerPassword });
  return (method, path, body) => send(method, path, body, access_token);
}

const ranks = { owner: 1, admin: 2, editor: 3, viewer: 4 } as const;
let hashed: Promise<string> | undefined;

/** Somebody in the owner's account, with the owner's password: their e-mail address. */
export async function joined(all: Console, name: string, role: keyof typeof ranks, username?: string): Promise<string> {
  const { db, installation } = all.house;
  hashed ??= hashPassword(ownerPassword);
  const row = { email: `${name}@example.com`, username: username ?? name, password_hash: await hashed };
  const [user] = await db('users').insert(row).returning('id');
  const account_id = installation.accountId;
  await db('memberships').insert({ account_id, user_id: user?.id as number, role_ids: [ranks[role]] });
  return row.email;
}

/** Answers that a model gave to a chatbot of the owner's account, asked with a key or in a session, so many days ago. */
export async function wasAnswered(
  all: Console,
  { chatbot, key, daysAgo = 0 }: { chatbot: string; key?: string; daysAgo?: number },
  [answers, input_tokens, output_tokens]: [number, number, number],
) {
  const row = { account_id: all.house.installation.accountId, day: dayOf(daysAgo), key_uuid: uuidOf(key) };
  const took = { model: 'Llama 3.1 8B', answers, input_tokens, output_tokens };
  await all.house.db('model_usage').insert({ ...row, ...took, chatbot_id: chatbot });
}

const dayOf = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

/** Of a key by its id; without one, what stands for sessions. */
const uuidOf = (key: string | undefined) =>
  key?.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') ?? '00000000-0000-0000-0000-000000000000';

/** Requests of a key, or of sessions, so many days ago. */
export async function wasUsed(
  all: Console,
  key: string | undefined,
  daysAgo: number,
  requests: number,
  more: object = {},
) {
  const row = {
    account_id: all.house.installation.accountId,
    day: dayOf(daysAgo),
    key_uuid: uuidOf(key),
    operation: 'latchkey.listPipelines',
  };
  await all.house.db('usage_counts').insert({ ...row, status: 2, network: '203.0.113.0/24', requests, ...more });
}
