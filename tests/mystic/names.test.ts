import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf } from '../../src/contract/contract.ts';
import { surface as v4 } from '../../src/handlers/mystic/index.ts';
import { surface as v3 } from '../../src/handlers/mystic_v3/index.ts';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';

let mystic: Mystic;

beforeAll(async () => {
  mystic = await openMystic();
});
afterAll(() => mystic.close());

const mage = async (method: string, path: string, body?: object): Promise<Body> => {
  const sent = await mystic.bare(method, `/api${path}`, (asked) => {
    asked.set('X-API-KEY', mystic.people.editor.key);
    return body ? asked.send(body) : asked;
  });
  expect(sent.body.error).toBeUndefined();
  return sent.body;
};
const make = async (name: string): Promise<Body> => (await mage('POST', '/pipelines', { pipeline: { name } })).pipeline;
const call = async (method: string, path: string, body?: unknown): Promise<Body> =>
  (await mystic.send('owner', method, path, body)).body;
const versions = async (family: string): Promise<Body[]> =>
  (await call('GET', `/v4/pipelines/by-family/${family}`)).data;
const uuids = async () => (await mage('GET', '/pipelines')).pipelines.map(({ uuid }: Body) => uuid);

describe('A18: names are no ways to elsewhere', () => {
  const dots = [
    'owner/../x',
    'owner/./x',
    'owner//x',
    'owner/a/../../x',
    'owner/../../etc/x',
    'owner/%2e%2e/x',
    'owner/%2E%2E/x',
  ];

  it.each(dots)('%s is none of a pipeline, a pointer, a scaling configuration', async (name) => {
    const { id } = await mystic.pipeline('steps');
    for (const [method, path, body] of [
      ['POST', '/v4/pipelines', { name, image: 'x', input_variables: [], output_variables: [] }],
      ['POST', '/v3/pipelines', { name, image: 'x', input_variables: [], output_variables: [] }],
      ['POST', '/v4/pointers', { pointer: `${name}:v1`, pointer_or_pipeline_id: id }],
      ['POST', '/v3/pointers', { pointer: `${name}:v1`, pointer_or_pipeline_id: id }],
      ['POST', '/v4/scaling-configs', { name, type: 'windows', args: {} }],
    ] as const)
      expect((await mystic.send('owner', method, path, body)).status, path).toBe(422);
  });

  it('in the paths of all operations that take names: 422, whatever the encoding, and nothing else is deleted', async () => {
    await mystic.call('POST', '/v4/scaling-configs', { name: 'owner/big', type: 'windows', args: {} });
    const catching = [v4, v3].flatMap(({ contract }) =>
      operationsOf(contract)
        .filter(({ path }) => /\{(pointer|name|pipeline_family_name|id_or_pointer)\}$/.test(path))
        .filter(({ path }) => !path.includes('{pass}'))
        .map(({ method, path }) => [method, `${contract.servers[0]?.url}${path.replace(/\{\w+\}$/, '')}`] as const),
    );
    expect(catching.length).toBeGreaterThan(8);
    for (const [method, path] of catching) {
      for (const name of [
        '../big',
        'x/../big',
        'x/%2e%2e/big',
        'x/%2E./big',
        'x/%252e%252E/big',
        'x%2F..%2Fbig',
        'x/./big',
        'x//big',
      ]) {
        const { status, detail } = await raw(method, path + name);
        expect([method, path, name, status, detail?.[0]?.loc[0]]).toEqual([method, path, name, 422, 'path']);
      }
    }
    expect((await mystic.call('GET', '/v4/scaling-configs/owner/big'))[0]).toBe(200);
  });

  it('dots that are no step are names', async () => {
    expect((await mystic.call('GET', '/v4/pointers'))[0]).toBe(200);
    const { id, name } = await mystic.pipeline('owner/a..b/.../c.d');
    expect(name).toBe('owner/a..b/.../c.d');
    expect((await mystic.call('GET', '/v4/pipelines/by-pointer/owner/a..b/.../c.d:v1'))[1].id).toBe(id);
    expect((await mystic.call('DELETE', `/v4/pipelines/${id}`))[0]).toBe(204);
  });
});

/** As a client that leaves paths as they are sends them. */
async function raw(method: string, path: string): Promise<Body> {
  const server = createServer(mystic.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = { Authorization: `Bearer ${mystic.people.owner.key}`, 'Content-Type': 'application/json' };
  const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false });
  sent.end(method === 'PATCH' ? '{}' : undefined);
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  server.close();
  return { status: answer.statusCode, ...JSON.parse(text) };
}

describe('one pipeline, two surfaces (docs/adr/0008)', () => {
  it('made through Mage, it is listed here: the first owner’s, version 1, with its pointer', async () => {
    await make('My Pipe');
    const { data } = await call('GET', '/v4/pipelines');
    expect(data[0]).toMatchObject({ name: 'owner/my_pipe', image: '', accelerators: [], input_variables: [] });
    expect(await call('GET', '/v4/pipelines/by-pointer/owner/my_pipe:v1')).toMatchObject({ id: data[0].id });
    const changes = { description: 'here', accelerators: ['cpu'] };
    await call('PATCH', `/v4/pipelines/${data[0].id}`, changes);
    expect((await mage('GET', '/pipelines/my_pipe')).pipeline).toMatchObject({ name: 'My Pipe', description: 'here' });
  });

  it('made here, it is listed by Mage, each version by a name of its own', async () => {
    for (let n = 0; n < 3; n += 1) await mystic.pipeline('churn', { description: `v${n + 1}` });
    expect(await uuids()).toEqual(expect.arrayContaining(['churn', 'churn_v2', 'churn_v3']));
    expect((await mage('GET', '/pipelines/churn_v2')).pipeline).toMatchObject({ name: 'churn_v2', description: 'v2' });
  });

  it('pushed over one that Mage made, it is the next version of the same family', async () => {
    await make('shared');
    const { id } = await mystic.pipeline('shared');
    const [second, first] = await versions('owner/shared');
    expect([second?.id, second?.pointers, first?.pointers]).toEqual([id, ['owner/shared:v2'], ['owner/shared:v1']]);
    expect(await uuids()).toEqual(expect.arrayContaining(['shared', 'shared_v2']));
  });

  it('where Mage’s name is taken, the user goes before it', async () => {
    await mystic.pipeline('taken');
    await mystic.pipeline('taken', {}, 'editor');
    await make('editor_user_two');
    await make('two');
    await mystic.pipeline('two', {}, 'editor');
    expect(await uuids()).toEqual(expect.arrayContaining(['taken', 'editor_user_taken', 'editor_user_two_2']));
  });

  it('renamed in Mage, it goes by its new name here, and its old pointers still lead to it', async () => {
    await make('old name');
    const [before] = await versions('owner/old_name');
    await mage('PUT', '/pipelines/old_name', { pipeline: { name: 'new name' } });
    const [after] = await versions('owner/new_name');
    expect([after?.id, after?.pointers]).toEqual([before?.id, ['owner/new_name:v1', 'owner/old_name:v1']]);
    expect((await mystic.send('owner', 'GET', '/v4/pipelines/by-family/owner/old_name')).status).toBe(404);
    await make('old name');
    expect((await versions('owner/old_name'))[0]?.pointers).toEqual(['owner/old_name:v2']);
  });

  it('deleted on one, it is gone on the other', async () => {
    const { id } = await mystic.pipeline('short');
    await mage('DELETE', '/pipelines/short');
    expect((await mystic.send('owner', 'GET', `/v4/pipelines/${id}`)).status).toBe(404);
    await make('shorter');
    const [{ id: other } = { id: '' }] = await versions('owner/shorter');
    await call('DELETE', `/v4/pipelines/${other}`);
    expect(await uuids()).not.toContain('shorter');
  });

  it('a copy that Mage makes is a family of its own', async () => {
    await make('source');
    await mage('POST', '/pipelines', { pipeline: { clone_pipeline_uuid: 'source' } });
    expect(await versions('owner/source_copy')).toHaveLength(1);
  });

  it('an identifier that is no name of an image is one here all the same', async () => {
    await make('été 2023');
    expect((await versions(encodeURI('owner/été_2023')))[0]?.pointers).toEqual(['owner/été_2023:v1']);
  });

  it('webhooks hear of what happens here as of what happens there', async () => {
    await mystic.key(mystic.people.admin, { webhook_url: 'https://hooks.example.com/', webhook_secret: 'whsec_x' });
    await mystic.key(mystic.people.admin, { webhook_url: 'https://off.example.com/', is_enabled: false });
    const { id } = await mystic.pipeline('heard');
    await call('PATCH', `/v4/pipelines/${id}`, { public: true });
    await call('DELETE', `/v4/pipelines/${id}`);
    const { rows } = await mystic.house.db.raw(
      `select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
       where t.identifier = 'webhook' order by j.id`,
    );
    expect(rows.map(({ payload }: Body) => [payload.event, JSON.parse(payload.body).data])).toEqual(
      ['created', 'updated', 'deleted'].map((what) => [
        `pipeline.${what}`,
        { pipeline_uuid: 'heard', name: 'heard', type: 'python' },
      ]),
    );
  });

  it('an account without an owner has pipelines too', async () => {
    const { db } = mystic.house;
    const [account] = await db('accounts').insert({ name: 'nobody’s' }).returning('id');
    const row = { account_id: account?.id as number, uuid: 'lone', name: 'lone' };
    const [pipeline] = await db('pipelines').insert(row).returning('id');
    expect(
      await db('pointers')
        .where({ pipeline_id: pipeline?.id as number })
        .pluck('pointer'),
    ).toEqual(['account/lone:v1']);
  });
});
