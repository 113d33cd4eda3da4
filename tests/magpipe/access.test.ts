import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Node, resolve } from '../../src/contract/contract.ts';
import { surface as mage } from '../../src/handlers/mage/index.ts';
import { surface as functions } from '../../src/handlers/magpipe/index.ts';
import { surface as auth } from '../../src/handlers/magpipe_auth/index.ts';
import { applicationKey } from '../support/house.ts';
import type { Body } from '../support/mage.ts';
import { type Magpipe, openMagpipe, type Person, password, route } from '../support/magpipe.ts';
import { watchAccess } from '../support/watch.ts';

// B17: what is in the audit log of every change of who may do what. That nothing else changes it is in tests/slow/policy.test.ts.

let open: Magpipe;
let owner: Person;
let headers: Record<string, string>;
let seen: Awaited<ReturnType<typeof watchAccess>>;
let asked = 0;

beforeAll(async () => {
  open = await openMagpipe({ LATCHKEY_OPEN_SIGN_UP: 'true' });
  owner = await open.person();
  const { body } = await open.send('POST', '/api/sessions', {
    headers: { 'x-api-key': applicationKey },
    body: { session: { email: owner.email, password } },
  });
  headers = { 'x-api-key': applicationKey, cookie: `oauth_token=${body.session.token}` };
  seen = await watchAccess(open.house.db);
});
afterAll(() => open.close());

/** Sends a request and gives what it left in the audit log: what happened to whom, from what, to what. */
async function written(method: string, path: string, body?: unknown, more: object = headers): Promise<Body[]> {
  asked += 1;
  const request_id = `access-${asked}`;
  await seen(request_id);
  const answer = await open.send(method, path, { headers: { 'x-request-id': request_id, ...more }, body });
  expect([answer.status < 300, answer.body?.error]).toEqual([true, undefined]);
  const { changed, audited } = await seen(request_id);
  // The database says whether anything changed; then something is written, and only then.
  expect([changed.length > 0, path, body]).toEqual([audited.length > 0, path, body]);
  const rows = await open.house.db('audit_log').where({ request_id }).orderBy('id');
  return rows.map(({ action, subject, details, user_id, address }) => {
    expect(address).toBe('127.0.0.1');
    return { action, subject, details, user_id };
  });
}
const uuidOf = async (email: string) => (await open.house.db('users').where({ email }).first())?.uuid;
const twice = { password: 'silver_lightning', password_confirmation: 'silver_lightning' };

it('B17: a user made, changed and deleted by an owner: each change is a row, with what it was and what it is', async () => {
  const user = { email: 'arwen@x.test', username: 'arwen', ...twice, roles_new: [4] };
  const by = { user_id: owner.id };
  const [made, ...none] = await written('POST', '/api/users', { user });
  const subject = await uuidOf(user.email);
  const is = { email: user.email, username: 'arwen', role_ids: [4] };
  expect([made, none]).toEqual([{ ...by, action: 'user_made', subject, details: is }, []]);
  const id = (await open.house.db('users').where({ email: user.email }).first())?.id;
  const change = (body: object) => written('PUT', `/api/users/${id}`, { user: body });

  expect(await change({ email: 'undomiel@x.test' })).toEqual([
    { ...by, action: 'email_changed', subject, details: { from: user.email, to: 'undomiel@x.test' } },
  ]);
  expect(await change({ username: 'undomiel', roles_new: [3, 4] })).toEqual([
    { ...by, action: 'username_changed', subject, details: { from: 'arwen', to: 'undomiel' } },
    { ...by, action: 'roles_changed', subject, details: { from: [4], to: [3, 4] } },
  ]);
  expect(await change({ password: 'gold_lightning', password_confirmation: 'gold_lightning' })).toEqual([
    { ...by, action: 'password_changed', subject, details: null },
  ]);
  expect(await change({ first_name: 'Arwen', last_name: 'Evenstar', avatar: 'AE' })).toEqual([]);
  expect(await change({ email: 'undomiel@x.test', username: 'undomiel', roles_new: [3, 4] })).toEqual([]);
  expect(await written('DELETE', `/api/users/${id}`)).toEqual([
    {
      ...by,
      action: 'user_deleted',
      subject,
      details: { email: 'undomiel@x.test', username: 'undomiel', role_ids: [3, 4] },
    },
  ]);
});

it('B17: who is in another account too is removed from this one, not deleted', async () => {
  const person = await open.person({ roleIds: [4] });
  await open.house.db('memberships').insert({ account_id: await open.account(), user_id: person.id });
  const [row] = await written('DELETE', `/api/users/${person.id}`);
  expect(row).toMatchObject({ action: 'user_removed', subject: person.uuid, details: { role_ids: [4] } });
});

it('B17: signing up, and changing oneself', async () => {
  const gate = { apikey: applicationKey };
  const email = 'ada@x.test';
  const rows = await written('POST', '/auth/v1/signup', { email, password }, gate);
  const user_id = (await open.house.db('users').where({ email }).first())?.id;
  const subject = await uuidOf(email);
  expect(rows).toEqual([
    { user_id, action: 'user_made', subject, details: { email, username: null, role_ids: [] } },
    { user_id, action: 'signed_in', subject: expect.any(String), details: null },
  ]);
  const { body } = await open.token('password', { email, password });
  const own = { ...gate, authorization: `Bearer ${body.access_token}` };
  const put = (changes: object) => written('PUT', '/auth/v1/user', { ...changes, current_password: password }, own);
  expect(await put({ data: { name: 'Ada' } })).toEqual([]);
  expect(await put({ email: 'lovelace@x.test' })).toEqual([
    { user_id, action: 'email_changed', subject, details: { from: email, to: 'lovelace@x.test' } },
  ]);
  expect(await put({ password: 'Another lightning 2' })).toEqual([
    { user_id, action: 'password_changed', subject, details: null },
  ]);
});

it('B17: where the events of a key go: the host, and nothing that may be a secret', async () => {
  const { body } = await open.token('password', { email: owner.email, password });
  const own = { authorization: `Bearer ${body.access_token}` };
  const hook = 'https://hooks.x.test:8443/secret-path?token=secret-query';
  const made = await written('POST', route, { action: 'generate', name: 'hooked', webhook_url: hook }, own);
  const key = await open.house.db('api_keys').where({ name: 'hooked' }).first();
  const of = { user_id: owner.id, subject: key?.uuid, details: null };
  const set = { ...of, action: 'webhook_set', details: { host: 'hooks.x.test:8443' } };
  expect(made).toEqual([{ ...of, action: 'key_minted' }, set]);
  const update = (webhook_url: unknown) =>
    written('POST', route, { action: 'update', key_id: key?.uuid, webhook_url }, own);
  expect(await update('https://other.x.test/x')).toEqual([{ ...set, details: { host: 'other.x.test' } }]);
  expect(await update(null)).toEqual([{ ...of, action: 'webhook_cleared' }]);
  expect(JSON.stringify(await open.house.db('audit_log'))).not.toMatch(/secret-path|secret-query/);
});

/** The names that the body of an operation may have, as its contract knows them, below the name of the resource if there is one. */
function fieldsOf(
  surface: { contract: typeof mage.contract },
  method: string,
  path: string,
  resource?: string,
): string[] {
  const look = (node: unknown): Node => resolve(surface.contract, node as Node);
  const operation = (surface.contract.paths[path] as Record<string, Node>)[method] as Node;
  const content = Object.values(look(operation.requestBody).content as Record<string, Node>)[0] as Node;
  const whole = look(content.schema);
  const alternatives = [whole, ...((whole.oneOf ?? whole.anyOf ?? []) as unknown[]).map(look)];
  const inner = resource ? [look((whole.properties as Record<string, unknown>)[resource])] : alternatives;
  return [...new Set(inner.flatMap(({ properties }) => Object.keys((properties as object) ?? {})))];
}

it('B17: every field that a contract lets be written of a user or a key: whatever changes access by it is written', async () => {
  const somebody = await open.person({ roleIds: [4] });
  const key = await open.house.db('api_keys').where({ name: 'hooked' }).first();
  const { body } = await open.token('password', { email: owner.email, password });
  const session = { authorization: `Bearer ${body.access_token}` };
  const values: Record<string, unknown> = {
    ...{ avatar: 'X', email: 'new@x.test', first_name: 'X', last_name: 'X', username: 'newname', owner: true },
    ...{ role_ids: [3], roles_new: [2], roles: 4, ...twice, password_current: password, current_password: password },
    ...{ data: { a: 1 }, webhook_url: 'https://y.test', name: 'renamed' },
  };
  const send = async (path: string, method: string, sent: object, more: object) => {
    asked += 1;
    const request_id = `access-${asked}`;
    await seen(request_id);
    await open.send(method, path, { headers: { 'x-request-id': request_id, ...more }, body: sent });
    const { changed, audited } = await seen(request_id);
    expect([sent, changed.length > 0]).toEqual([sent, audited.length > 0]);
    return changed.length;
  };
  let changes = 0;
  for (const name of fieldsOf(mage, 'put', '/users/{id}', 'user')) {
    const paired = name.startsWith('password') ? twice : {};
    changes += await send(`/api/users/${somebody.id}`, 'PUT', { user: { ...paired, [name]: values[name] } }, headers);
  }
  for (const name of fieldsOf(auth, 'put', '/user')) {
    const sent = { current_password: password, [name]: values[name] };
    changes += await send('/auth/v1/user', 'PUT', sent, { apikey: applicationKey, ...session });
  }
  for (const name of fieldsOf(functions, 'post', '/manage-api-keys')) {
    if (['action', 'key_id'].includes(name)) continue;
    for (const action of ['update', 'generate']) {
      const sent = { action, key_id: key?.uuid, name: 'x', [name]: values[name] };
      changes += await send(route, 'POST', sent, session);
    }
  }
  expect(changes).toBeGreaterThan(6);
});
