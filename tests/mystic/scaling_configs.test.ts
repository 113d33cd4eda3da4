import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, refused } from '../support/mystic.ts';

let mystic: Mystic;
let names = 0;

beforeAll(async () => {
  mystic = await openMystic();
});
afterAll(() => mystic.close());

const call: Mystic['call'] = (...asked) => mystic.call(...asked);
const at = '/v4/scaling-configs';
const make = async (more: object = {}): Promise<Body> => {
  names += 1;
  const body = { name: `c${names}`, type: 'windows', args: {}, minimum_nodes: 1, maximum_nodes: 100, ...more };
  const [status, made] = await call('POST', at, body);
  expect(status).toBe(201);
  return made;
};
const missing = [404, refused('Scaling config not found')];

it('#39 is made as the client sends it, and is called what it is called', async () => {
  expect(await make({ name: 'my-config' })).toEqual({
    id: expect.stringMatching(/^scaling_config_[0-9a-f]{32}$/),
    name: 'my-config',
    type: 'windows',
    args: {},
    minimum_nodes: 1,
    maximum_nodes: 100,
    created_at: expect.any(Number),
    updated_at: expect.any(Number),
  });
  const [, plain] = await call('POST', at, { name: 'plain', type: null, args: null });
  expect(plain).toMatchObject({ type: 'windows', args: {}, minimum_nodes: 0, maximum_nodes: 100 });
});

it('409 for a name that is taken; the neighbour’s may be the same', async () => {
  const { name } = await make();
  expect(await call('POST', at, { name })).toEqual([409, refused(`Scaling config ${name} already exists`, 'name')]);
  expect((await call('POST', at, { name }, 'neighbour'))[0]).toBe(201);
});

it('#42 is found by its name; the page goes up to 10,000', async () => {
  const { name, id } = await make({ name: 'owner/foo' });
  const [status, page] = await call('GET', `${at}?name=${encodeURIComponent(name)}&skip=0&limit=1000`);
  expect([status, page.total, page.data.map((row: Body) => row.id)]).toEqual([200, 1, [id]]);
  expect((await call('GET', `${at}?name=fo`))[1].total).toBe(0);
  expect((await call('GET', `${at}?limit=10000`))[1].limit).toBe(10000);
  expect((await call('GET', `${at}?limit=10001`))[0]).toBe(422);
  const [, ordered] = await call('GET', `${at}?order_by=created_at:asc&limit=1`);
  expect(ordered.data[0].name).toBe('my-config');
});

it('#43 is changed by its name, with its slash as it is: 200 with a body; 0 is 0', async () => {
  const { name } = await make({ name: 'username/my_new' });
  const [status, changed] = await call('PATCH', `${at}/${name}`, { minimum_nodes: 0 });
  expect([status, changed]).toEqual([200, expect.objectContaining({ name, minimum_nodes: 0, maximum_nodes: 100 })]);
  const args = {
    windows: [
      { weight: 0.5, lookback_time: 60 },
      { weight: 0.5, lookback_time: 600 },
    ],
  };
  expect((await call('PATCH', `${at}/${name}`, { args, type: 'windows', maximum_nodes: null }))[1]).toMatchObject({
    args,
  });
  expect(await call('GET', `${at}/${name}`)).toEqual([200, expect.objectContaining({ name, args })]);
});

it('400 where the weights do not make 1, or there may be fewer machines than there must', async () => {
  const { name } = await make();
  const args = { windows: [{ weight: 0.5, lookback_time: 60 }] };
  for (const send of [
    (body: object) => call('PATCH', `${at}/${name}`, body),
    (body: object) => call('POST', at, { name: 'wrong', ...body }),
  ]) {
    expect(await send({ args })).toEqual([400, refused('The weights of the windows must sum to 1', 'args')]);
    const sentence = 'maximum_nodes must not be less than minimum_nodes';
    expect(await send({ minimum_nodes: 101 })).toEqual([400, refused(sentence, 'maximum_nodes')]);
    expect((await send({ minimum_nodes: -1 }))[0]).toBe(422);
    expect((await send({ type: 'nope' }))[0]).toBe(422);
    expect((await send({ minimum_nodes: 1.5 }))[0]).toBe(422);
  }
  expect((await call('GET', `${at}?name=wrong`))[1].total).toBe(0);
});

it('#46 204; pipelines that had it have none from now on', async () => {
  const { name } = await make();
  const { id, scaling_config } = await mystic.pipeline('scaled', { scaling_config: name });
  expect(scaling_config).toBe(name);
  expect((await call('DELETE', `${at}/${name}`, undefined, 'editor'))[0]).toBe(403);
  expect(await call('DELETE', `${at}/${name}`)).toEqual([204, {}]);
  expect((await call('GET', `/v4/pipelines/${id}`))[1]).not.toHaveProperty('scaling_config');
  expect(await call('DELETE', `${at}/${name}`)).toEqual(missing);
});

it('the neighbour’s is not there', async () => {
  const { name } = await make();
  for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
    expect(await call(method, `${at}/${name}`, body, 'neighbour')).toEqual(missing);
  }
});
