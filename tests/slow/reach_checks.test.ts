import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf } from '../../src/contract/contract.ts';
import { surface } from '../../src/handlers/latchkey/index.ts';
import { bare } from '../../src/wire/express.ts';
import { mount } from '../../src/wire/mount.ts';
import type { Handler } from '../../src/wire/surface.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey();
  session = await latchkey.session();
});
afterAll(() => latchkey.close());

const signIn = (email: string, word: string) =>
  latchkey.send('POST', '/v1/sessions', { body: { email, password: word } });
const operations = operationsOf(surface.contract).map(({ id, method, path }) => ({
  id,
  method,
  at: `/v1${path.replace(/\{\w+\}/g, '1')}`,
}));

describe('who may read and change what', () => {
  it('check 68: no origin is let in with a browser’s credentials, none is reflected, and Vary names Origin', async () => {
    const narrow = await latchkey.twin({ corsOrigins: ['https://app.example'] });
    for (const { id, method, at } of operations)
      for (const verb of [method, 'OPTIONS'])
        for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example']) {
          const headers = { origin, cookie: 'latchkey=x', 'access-control-request-method': method };
          const { headers: wide } = await latchkey.send(verb, at, { headers });
          const { headers: told } = await narrow.send(verb, at, { headers });
          expect([id, wide['access-control-allow-origin'], told['access-control-allow-origin']]).toEqual([
            ...[id, '*', undefined],
          ]);
          expect([id, told.vary?.split(', ').includes('Origin')]).toEqual([id, true]);
          for (const all of [wide, told]) expect(all).not.toHaveProperty('access-control-allow-credentials');
        }
    const { headers } = await narrow.send('GET', '/v1/me', { headers: { origin: 'https://app.example' } });
    expect(headers['access-control-allow-origin']).toBe('https://app.example');
  });

  it('check 87: a field that the contract does not have is in no answer, whatever a handler gives', async () => {
    const honest = surface.handlers.getMe as Handler;
    const getMe: Handler = async (context, asked) => ({
      ...((await honest(context, asked)) as object),
      password_hash: 'argon2 of somebody',
    });
    const leaky = { ...surface, handlers: { ...surface.handlers, getMe } };
    const app = bare().use('/v1', await mount(leaky, latchkey.house));
    const asked = latchkey.log.length;
    const { status, text } = await request(app).get('/v1/me').set('Authorization', `Bearer ${session}`);
    expect([status, text.includes('argon2'), text.includes('password_hash')]).toEqual([500, false, false]);
    expect(latchkey.log.slice(asked).join()).toContain('Something went wrong');
    expect((await latchkey.ask(session, 'GET', '/me')).body).not.toHaveProperty('password_hash');
  });

  it('check 88: lists are of one account before they are counted, narrowed and cut', async () => {
    const here = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
    const there = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
    const makers: Record<string, (n: number) => object> = {
      keys: (n) => ({ name: `thing ${n}` }),
      pipelines: (n) => ({ name: `thing ${n}` }),
      webhooks: (n) => ({ url: `https://93.184.216.34/${n}`, events: ['*'] }),
      invitations: (n) => ({ email: `thing${n}@wire.test`, role: 'viewer' }),
    };
    for (const [list, make] of Object.entries(makers)) {
      const mine: string[] = [];
      for (const [n, who] of [there, here, there, there, here, there].entries()) {
        const { status, body } = await latchkey.ask(who, 'POST', `/${list}`, make(n));
        expect([list, status]).toEqual([list, 201]);
        if (who === here) mine.push(body.id);
      }
      const seen: string[] = [];
      for (let path = `/${list}?limit=1`; path !== ''; ) {
        const { body } = await latchkey.ask(here, 'GET', path);
        expect([list, body.count, body.results.length]).toEqual([list, 2, 1]);
        seen.push(body.results[0].id);
        path = body.next === null ? '' : body.next.split('/v1')[1];
      }
      expect([list, seen.sort()]).toEqual([list, mine.sort()]);
    }
    for (const [path, count] of [
      ['/members', 1],
      ['/sessions', 1],
      ['/runs', 0],
      ['/files', 0],
      ['/pipelines?query=thing', 2],
    ] as const)
      expect([path, (await latchkey.ask(here, 'GET', path)).body.count]).toEqual([path, count]);
    const audited = (await latchkey.ask(here, 'GET', '/audit?limit=1000')).body;
    const elsewhere = (await latchkey.ask(there, 'GET', '/audit?limit=1000')).body;
    expect(audited.count).toBe(audited.results.length);
    const ids = new Set(audited.results.map(({ id }: Body) => id));
    expect(elsewhere.results.filter(({ id }: Body) => ids.has(id))).toEqual([]);
  });

  it('check 89: no other method in a header, and no other way to write a path, goes past a policy', async () => {
    const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
    const { id } = await latchkey.made(session, { name: 'stays' });
    const names = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'];
    for (const name of names)
      for (const [method, path] of [
        ['GET', `/v1/keys/${id}`],
        ['HEAD', `/v1/keys/${id}`],
        ['POST', '/v1/keys/leaked'],
      ] as const) {
        const headers = { authorization: `Bearer ${session}`, [name]: 'DELETE' };
        const body = method === 'POST' ? { key: 'none' } : undefined;
        expect([name, (await latchkey.send(method, path, { headers, body })).status]).toEqual([name, 200]);
      }
    const asParameter = await latchkey.ask(session, 'GET', `/keys/${id}?_method=DELETE`);
    expect(asParameter.status).toBe(400);
    expect((await latchkey.ask(session, 'GET', `/keys/${id}`)).body.state).toBe('active');

    const written = [
      ...['/v1/audit', '/v1/audit?', '//v1/audit', '/v1/%61udit', 'http://h/v1/audit', 'http://h//v1/audit'],
      ...[
        '/v1/audit/',
        '/V1/audit',
        '/v1/Audit',
        '/v1/AUDIT',
        '/v1//audit',
        '/v1/audit//',
        '/v1/audit;a=b',
        '/v1;/audit',
      ],
      ...['/v1/./audit', '/v1/me/../audit', '/v1/%2e/audit', '/v1/me/%2e%2e/audit', '/v1/me/..%2faudit', '/v1%2faudit'],
      ...[
        '/v1/audit%2f',
        '/v1/audit%00',
        '/v1/audit%20',
        '/v1/audit%3b',
        '/v1/audit.json',
        '/v1/audit%23',
        '/v1\\audit',
      ],
      ...['/healthz/../v1/audit', '/docs/%2e%2e/v1/audit', '/auth/v1/../../v1/audit', '/v1/%2561udit', '/v1/audit/.'],
    ];
    const statusOf = async (path: string, credential?: string) =>
      (await latchkey.send('GET', path, { headers: credential ? { authorization: `Bearer ${credential}` } : {} }))
        .status;
    expect([await statusOf('/v1/audit', session), await statusOf('/v1/audit', viewer)]).toEqual([200, 403]);
    for (const path of written) {
      expect([path, await statusOf(path)]).toEqual([path, expect.toBeOneOf([400, 401, 404])]);
      expect([path, await statusOf(path, viewer)]).toEqual([path, expect.toBeOneOf([400, 403, 404])]);
    }
  });

  it('check 122: nothing that is typed makes a line of the log or of an export, and no secret is in either', async () => {
    const bad = 'a\r\n{"level":50,"msg":"forged"}\n\u001b[31mred\u2028b';
    const person = await latchkey.person();
    const own = await latchkey.session(person);
    const { key } = await latchkey.made(own);
    const from = latchkey.log.length;
    const body = { name: bad, scopes: [bad], metadata: { [bad]: bad } };
    await latchkey.ask(own, 'POST', '/keys', body);
    await latchkey.ask(own, 'POST', '/keys', { name: 'logged', metadata: { [bad]: bad } });
    await latchkey.ask(own, 'POST', '/pipelines', { name: 'logged', description: bad, tags: [bad] });
    await latchkey.ask(own, 'PATCH', '/me', { first_name: bad });
    await signIn(bad, password);
    await signIn(person.email, 'a wrong one that is secret');
    await latchkey.send('POST', '/v1/sessions', { body: { email: person.email, password, name: bad } });
    await latchkey.send('POST', '/v1/sessions', { body: `{"password": "${password}", \n\u001b[31m` });
    for (const path of [`/v1/keys/${encodeURIComponent(bad)}`, `/v1/keys/${key}?token=${key}`, `/v1/keys?query=${own}`])
      await latchkey.send('GET', path, { headers: { authorization: `Bearer ${key}`, 'x-request-id': 'a\tb{"x":1}' } });
    await latchkey.send('POST', '/v1/verify', { body: { key }, headers: { authorization: `Bearer ${own}` } });
    await latchkey.send('POST', '/v1/keys/leaked', { body: { key, url: 'https://a.example/\u001b[31m' } });

    const lines = latchkey.log.slice(from);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      expect(line).toMatch(/^\{[^\p{Cc}]*\}\n$/u);
      expect(JSON.parse(line).msg).not.toBe('forged');
    }
    const exported = await latchkey.ask(session, 'GET', '/audit/export');
    expect(exported.status).toBe(200);
    const all = exported.text.split('\n').filter(Boolean);
    expect(all.length).toBeGreaterThan(5);
    for (const line of all) expect(JSON.parse(line)).toHaveProperty('action');
    expect(all.join('')).not.toMatch(/\p{Cc}/u);
    for (const secret of [key, own, password, 'a wrong one that is secret'])
      expect(lines.concat(all).join('\n')).not.toContain(secret);
  });
});
