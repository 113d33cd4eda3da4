import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { operationsOf } from '../../src/contract/contract.ts';
import { surface as mage } from '../../src/handlers/mage/index.ts';
import { surface as maiagent } from '../../src/handlers/maiagent/index.ts';
import { type Maiagent, openMaiagent } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());

const headers = () => ({ Authorization: `Api-Key ${mai.users.editor.key}` });

/** The same server, from its root; with a key, unless it is said otherwise. */
const get = async (path: string, sent: Record<string, string> = headers()) => {
  const response = await fetch(path.startsWith('http') ? path : new URL(mai.url).origin + path, {
    headers: sent,
    redirect: 'manual',
  });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const body = type?.startsWith('application/json') ? JSON.parse(text) : undefined;
  return { status: response.status, type, challenge: response.headers.get('www-authenticate'), text, body };
};

describe('the older base', () => {
  it('#53 answers as the newer one does, with links below itself, with and without a slash', async () => {
    for (const name of ['first', 'second', 'third'])
      await mai.send('editor', 'POST', '/knowledge-bases/', { body: { name } });
    const newer = await get('/api/v1/knowledge-bases/?pageSize=2');
    const older = await get('/api/knowledge-bases/?pageSize=2');
    const bare = await get('/api/knowledge-bases?pageSize=2');
    expect([older.status, older.body.results]).toEqual([200, newer.body.results]);
    expect([bare.status, bare.body.results]).toEqual([200, newer.body.results]);
    expect(older.body.next).toBe(newer.body.next.replace('/api/v1/', '/api/'));
    expect((await get(older.body.next)).body.results.map(({ name }: { name: string }) => name)).toEqual(['first']);
    const [{ id }] = newer.body.results;
    expect((await get(`/api/knowledge-bases/${id}/`)).body).toMatchObject({ id });
  });

  it('has every place of the contract that begins as none of Mage’s does, and Mage has the rest', async () => {
    const beginning = (path: string) => path.split('/')[1] as string;
    const mages = new Set(operationsOf(mage.contract).map(({ path }) => beginning(path)));
    const ours = [...new Set(operationsOf(maiagent.contract).map(({ path }) => beginning(path)))];
    // docs/compat/maiagent.md says which.
    expect(ours.filter((one) => mages.has(one))).toEqual(['users', 'pipelines']);
    for (const one of ours) {
      const { status, challenge } = await get(`/api/${one}/${'x/'.repeat(9)}`, {});
      if (mages.has(one)) expect([one, challenge]).toEqual([one, 'Bearer']);
      else expect([one, status, challenge]).toEqual([one, 401, 'Api-Key']);
    }
  });

  it('takes nothing that only begins with the same letters, nor what is written otherwise', async () => {
    for (const path of [
      '/api/knowledge-basesx/',
      '/api/',
      '/api',
      '/api/knowledge%2Dbases/',
      '/api/KNOWLEDGE-BASES/',
    ]) {
      const { challenge, body } = await get(path, {});
      expect([path, challenge, typeof body?.error]).toEqual([path, 'Bearer', 'object']);
    }
    // A slash too many after the server's address is one slash.
    expect((await get('//api/knowledge-bases/')).status).toBe(200);
  });
});

describe('the contract', () => {
  it('#162 is there for everybody, as JSON and as YAML, below both bases', async () => {
    for (const base of ['/api/v1', '/api']) {
      const { status, type, body } = await get(`${base}/schema/`, {});
      expect([status, type]).toEqual([200, 'application/json; charset=utf-8']);
      expect(body).toEqual(maiagent.contract);
      const yaml = await get(`${base}/schema/?format=yaml&lang=en`, {});
      expect([yaml.status, yaml.type]).toEqual([200, 'application/yaml; charset=utf-8']);
      expect(parse(yaml.text)).toEqual(maiagent.contract);
    }
    expect((await get('/api/v1/schema/?format=xml', {})).status).toBe(400);
  });

  it('there are no built-in workflows', async () => {
    expect((await mai.send('roleless', 'GET', '/built-in-workflows/')).body).toEqual([]);
  });
});
