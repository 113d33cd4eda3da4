import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callers } from '../support/mage.ts';
import { type Maiagent, openMaiagent, type Somebody } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());

const path = '/users/current/';
const me = async (by: Somebody) => (await mai.send(by, 'GET', path)).body;

describe('the current user', () => {
  it.each(callers.filter((caller) => caller !== 'anonymous'))('is the %s whose key was sent', async (caller) => {
    const { status, body, text } = await mai.send(caller, 'GET', path);
    const prefix = mai.users[caller].key.slice(0, 8);
    expect([status, body]).toEqual([
      200,
      {
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        avatar: null,
        name: `${caller}_user`,
        email: `${caller}@maiagent.test`,
        company: '',
        invitationCode: '',
        apiKeys: [{ id: expect.any(String), name: caller, prefix, createdAt: expect.stringMatching(/^\d{13}$/) }],
        permissions: caller === 'roleless' ? [] : [caller],
      },
    ]);
    expect(text).not.toContain(mai.users[caller].key);
  });

  it('has active keys only, and never those of somebody else', async () => {
    const past = new Date(Date.now() - 1000).toISOString();
    await mai.key('admin', { name: 'revoked', revoked_at: past });
    await mai.key('admin', { name: 'expired', expires_at: past });
    await mai.key('admin', { name: 'later', expires_at: new Date(Date.now() + 60_000).toISOString() });
    const names = (await me('admin')).apiKeys.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual(['admin', 'later']);
  });

  it('401 for nobody', async () => {
    for (const method of ['GET', 'PUT', 'PATCH']) {
      expect((await mai.send('anonymous', method, path, { body: { name: 'x' } })).status).toBe(401);
    }
  });
});

describe('a new name', () => {
  it.each(['PUT', 'PATCH'])('with %s: 200, and nobody else gets it', async (method) => {
    const { status, body } = await mai.send('viewer', method, path, { body: { name: ' Eärendil 🚀 ' } });
    expect([status, body.name]).toEqual([200, 'Eärendil 🚀']);
    expect((await me('viewer')).name).toBe('Eärendil 🚀');
    expect((await me('editor')).name).toBe('editor_user');
  });

  it('is all that can be changed here', async () => {
    const before = await me('viewer');
    const wish = {
      id: before.id.replace(/.$/, '0'),
      email: 'other@maiagent.test',
      permissions: ['owner'],
      apiKeys: [],
    };
    const { status, body } = await mai.send('viewer', 'PATCH', path, { body: { ...wish, role: 1, accountId: 2 } });
    expect([status, body]).toEqual([200, before]);
    expect((await mai.send('viewer', 'PATCH', path)).body).toEqual(before);
  });

  it.each<[string, object, string]>([
    ['PUT', {}, 'This field is required.'],
    ['PUT', { name: ' ' }, 'This field may not be blank.'],
    ['PATCH', { name: null }, 'This field may not be null.'],
    ['PATCH', { name: ['x'] }, 'Not a valid string.'],
    ['PATCH', { name: 'x'.repeat(256) }, 'Ensure this field has no more than 255 characters.'],
  ])('#27 %s %j: %s', async (method, body, sentence) => {
    const answer = await mai.send('viewer', method, path, { body });
    expect([answer.status, answer.body]).toEqual([400, { name: [sentence] }]);
  });

  it('A8: 400 for a character that cannot be stored, by field', async () => {
    const answer = await mai.send('viewer', 'PATCH', path, { body: { name: 'a\0b' } });
    expect([answer.status, answer.body]).toEqual([400, { name: ['Null characters are not allowed.'] }]);
    const half = await mai.send('viewer', 'PATCH', path, { body: { name: 'a\ud800' } });
    expect([half.status, half.body]).toEqual([400, { name: ['Surrogate characters are not allowed: U+D800.'] }]);
  });

  it('405 for anything else', async () => {
    const { status, headers } = await mai.send('owner', 'DELETE', path);
    expect([status, headers.allow]).toEqual([405, 'GET, PUT, PATCH, HEAD, OPTIONS']);
  });
});
