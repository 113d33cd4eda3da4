import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, type Person, refused } from '../support/mystic.ts';

let mystic: Mystic;
let person: Person;

beforeAll(async () => {
  mystic = await openMystic();
  person = mystic.people.editor;
});
afterAll(() => mystic.close());
beforeEach(async () => {
  await mystic.house.db('api_keys').where({ user_id: person.id }).delete();
  person.key = await mystic.key(person);
});

const session = (method: string, path: string, body?: unknown) => mystic.session('editor', method, path, body);
const mint = async (body: object = { name: 'ci' }): Promise<Body> => {
  const answer = await session('POST', '/v4/tokens', body);
  expect(answer.status).toBe(201);
  return answer.body;
};
const opens = async (token: string) =>
  (await mystic.bare('GET', '/v4/tokens/validate', (sent) => sent.set('Authorization', `Bearer ${token}`))).status;
const listed = async (): Promise<Body[]> => (await session('GET', '/v4/tokens')).body.data;
const soon = () => Math.floor(Date.now() / 1000) + 3600;

describe('a token', () => {
  it('is pipeline_sk_ and 32 URL-safe characters, works at once, and on every other surface', async () => {
    const { value } = await mint();
    expect(value).toMatch(/^pipeline_sk_[\w-]{32}$/);
    expect(await opens(value)).toBe(204);
    const keys = await mystic.bare('POST', '/functions/v1/manage-api-keys', (sent) =>
      sent.set('Authorization', `Bearer ${value}`).send({ action: 'list' }),
    );
    expect(keys.body.keys[0]).toMatchObject({ name: 'ci', key_prefix: 'pipeline', is_active: true });
    const mage = await mystic.bare('GET', '/api/pipelines', (sent) => sent.set('X-API-KEY', value));
    expect(mage.body.pipelines).toEqual([]);
  });

  it('§9.19 is whole in the answer that mints it alone, then the first characters and dots; its hash alone is kept', async () => {
    const { value, id } = await mint();
    const short = `${value.slice(0, 16)}...`;
    expect((await session('GET', `/v4/tokens/${id}`)).body.value).toBe(short);
    expect((await listed()).find((token) => token.id === id)?.value).toBe(short);
    expect((await session('PATCH', `/v4/tokens/${id}`, { name: 'b' })).body.value).toBe(short);
    const { rows } = await mystic.house.db.raw('select k::text from api_keys k');
    expect(JSON.stringify(rows)).not.toContain(value.slice(16));
    expect(mystic.log.join()).not.toContain(value.slice(16));
  });

  it('has all attributes of the sheet, with times in seconds', async () => {
    const expires_at = soon();
    expect(await mint({ name: ' ci ', expires_at, unknown: 1 })).toEqual({
      id: expect.stringMatching(/^token_[0-9a-f]{32}$/),
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
      value: expect.any(String),
      name: 'ci',
      is_active: true,
      is_enabled: true,
      expires_at,
      last_used: null,
    });
  });

  it('has a name made up where none is given, null included', async () => {
    for (const body of [{}, { name: null, expires_at: null }]) {
      const { name, expires_at, value } = await mint(body);
      expect([name, expires_at]).toEqual([expect.stringMatching(/^token-[0-9a-f]{6}$/), null]);
      expect(value).not.toContain(name.slice(6));
    }
  });

  it('ends when it is told to, in seconds or ISO 8601; never in the past', async () => {
    const { id, value } = await mint({ expires_at: new Date(soon() * 1000).toISOString() });
    expect(await opens(value)).toBe(204);
    await mystic.house
      .db('api_keys')
      .whereLike('prefix', 'pipeline%')
      .update({ expires_at: new Date(0).toISOString() });
    expect(await opens(value)).toBe(401);
    expect((await session('GET', `/v4/tokens/${id}`)).body).toMatchObject({ is_active: false, is_enabled: true });
    for (const expires_at of [1, '2020-01-01T00:00:00Z']) {
      const { status, body } = await session('POST', '/v4/tokens', { expires_at });
      expect([status, body]).toEqual([400, refused('expires_at must be in the future', 'expires_at')]);
    }
    for (const expires_at of ['tomorrow', -1, 1e300, true, {}]) {
      expect((await session('POST', '/v4/tokens', { expires_at })).status).toBe(422);
    }
  });

  it('is switched off and on; off, it opens nothing from the next request on', async () => {
    const { id, value } = await mint();
    const off = await session('PATCH', `/v4/tokens/${id}`, { is_enabled: false, name: null });
    expect([off.status, off.body]).toEqual([
      200,
      expect.objectContaining({ name: 'ci', is_enabled: false, is_active: false }),
    ]);
    expect(await opens(value)).toBe(401);
    await session('PATCH', `/v4/tokens/${id}`, { is_enabled: true });
    expect(await opens(value)).toBe(204);
    const audited = await mystic.house.db('audit_log').where({ user_id: person.id }).orderBy('id').pluck('action');
    expect(audited.slice(-3)).toEqual(['key_minted', 'key_disabled', 'key_enabled']);
  });

  it('is revoked by DELETE: gone from the list, refused from now on, kept for the audit', async () => {
    const { id, value } = await mint();
    expect((await session('DELETE', `/v4/tokens/${id}`)).status).toBe(204);
    expect(await opens(value)).toBe(401);
    expect((await listed()).map((token) => token.id)).not.toContain(id);
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await session(method, `/v4/tokens/${id}`);
      expect([status, body]).toEqual([404, refused('Token not found')]);
    }
    expect((await session('PATCH', `/v4/tokens/${id}`, { is_enabled: true })).status).toBe(404);
    expect(await mystic.house.db('audit_log').orderBy('id', 'desc').first('action')).toEqual({ action: 'key_revoked' });
  });

  it('says when it was last used', async () => {
    const { id, value } = await mint();
    await opens(value);
    const { last_used } = (await session('GET', `/v4/tokens/${id}`)).body;
    expect(Math.abs(Date.now() / 1000 - last_used)).toBeLessThan(5);
  });

  it('a name is 1 to 64 characters', async () => {
    const { id } = await mint();
    expect((await session('PATCH', `/v4/tokens/${id}`, { name: '   ' })).status).toBe(400);
    expect((await session('PATCH', `/v4/tokens/${id}`, { name: 'x'.repeat(65) })).status).toBe(422);
    expect((await session('POST', '/v4/tokens', { name: 'a\0b' })).status).toBe(400);
  });
});

describe('who may', () => {
  it('a token mints, and manages nothing: 403 with the way out', async () => {
    const { id } = await mint();
    const made = await mystic.send('editor', 'POST', '/v4/tokens', {});
    expect([made.status, made.body.value]).toEqual([201, expect.stringMatching(/^pipeline_sk_/)]);
    for (const [method, path] of [
      ['GET', '/v4/tokens'],
      ['GET', `/v4/tokens/${id}`],
      ['PATCH', `/v4/tokens/${id}`],
      ['DELETE', `/v4/tokens/${id}`],
    ] as const) {
      const { status, body } = await mystic.send('editor', method, path, method === 'PATCH' ? {} : undefined);
      expect([status, body.detail.message]).toEqual([403, expect.stringContaining('session token')]);
    }
  });

  it('what a token mints does not outlive it', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    person.key = await mystic.key(person, { expires_at });
    for (const body of [{}, { expires_at: soon() }]) {
      const made = await mystic.send('editor', 'POST', '/v4/tokens', body);
      expect(made.body.expires_at).toBeCloseTo(Date.parse(expires_at) / 1000, 2);
    }
    const sooner = Math.floor(Date.now() / 1000) + 30;
    expect((await mystic.send('editor', 'POST', '/v4/tokens', { expires_at: sooner })).body.expires_at).toBe(sooner);
  });

  it('10 active keys and no more, whatever surface made them; switched off ones count, two at once do not pass', async () => {
    const { id } = await mint();
    await session('PATCH', `/v4/tokens/${id}`, { is_enabled: false });
    for (let n = 0; n < 7; n += 1) await mystic.key(person);
    const both = await Promise.all([1, 2].map(() => session('POST', '/v4/tokens', {})));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 400]);
    expect(both.find(({ status }) => status === 400)?.body).toEqual(refused('Maximum of 10 active API keys allowed'));
  });

  it('nobody sees or touches the tokens of somebody else, in this account or another', async () => {
    const { id } = await mint();
    for (const caller of ['owner', 'neighbour'] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const { status } = await mystic.session(
          caller,
          method,
          `/v4/tokens/${id}`,
          method === 'PATCH' ? {} : undefined,
        );
        expect([caller, method, status]).toEqual([caller, method, 404]);
      }
      const { data } = (await mystic.session(caller, 'GET', '/v4/tokens')).body;
      expect(data.map((token: Body) => token.id)).not.toContain(id);
    }
  });

  it('all_team lists everybody’s for an admin, without the secrets, and is 403 below', async () => {
    const { id, value } = await mint();
    const { body } = await mystic.session('admin', 'GET', '/v4/tokens?all_team=true&limit=1000');
    expect(body.data.map((token: Body) => token.id)).toContain(id);
    expect(JSON.stringify(body)).not.toContain(value.slice(16));
    expect((await session('GET', '/v4/tokens?all_team=true')).status).toBe(403);
    const neighbours = (await mystic.session('neighbour', 'GET', '/v4/tokens?all_team=true')).body;
    expect(neighbours.total).toBe(1);
  });

  it('lists by pages, newest first', async () => {
    const made = [await mint(), await mint()];
    const { body } = await session('GET', '/v4/tokens?skip=1&limit=1');
    expect([body.skip, body.limit, body.total, body.data.map((token: Body) => token.id)]).toEqual([
      1,
      1,
      3,
      [made[0].id],
    ]);
  });

  it('404 for ids that are none', async () => {
    for (const id of [
      'x',
      'token_',
      `token_${'g'.repeat(32)}`,
      `pipeline_${'0'.repeat(32)}`,
      `token_${'0'.repeat(32)}`,
    ]) {
      expect([id, (await session('GET', `/v4/tokens/${id}`)).status]).toEqual([id, 404]);
    }
  });
});
