import { afterAll, beforeAll, expect, it } from 'vitest';
import { forbidden, type Knowledge, nobodys, notFound, openKnowledge, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

let house: Knowledge;
let base: string;
beforeAll(async () => {
  house = await openKnowledge();
  base = await house.base();
});
afterAll(() => house.close());

const at = (id = '', of = base) => `/knowledge-bases/${of}/labels/${id && `${id}/`}`;
const unique = { name: ['This field must be unique.'] };

it('a label is made, listed by name, seen, renamed and deleted', async () => {
  const own = await house.base();
  expect(await house.ask('viewer', 'GET', at('', own))).toEqual([
    200,
    { count: 0, next: null, previous: null, results: [] },
  ]);
  const [status, label] = await house.ask('editor', 'POST', at('', own), { name: '技術文檔' });
  expect([status, label]).toEqual([201, { id: expect.any(String), name: '技術文檔' }]);
  await house.label(own, 'Zebra');
  await house.label(own, 'Aardvark');
  const page = (await house.ask('viewer', 'GET', `${at('', own)}?pageSize=2`))[1];
  expect(page.results.map(({ name }: Body) => name)).toEqual(['Aardvark', 'Zebra']);
  expect(page).toMatchObject({ count: 3, previous: null });
  expect((await house.ask('viewer', 'GET', `${at('', own)}?page=2&pageSize=2`))[1].results).toEqual([label]);
  expect(await house.ask('viewer', 'GET', at(label.id, own))).toEqual([200, label]);
  const renamed = { ...label, name: 'papers' };
  expect(await house.ask('editor', 'PUT', at(label.id, own), { name: 'papers' })).toEqual([200, renamed]);
  expect(await house.ask('editor', 'PATCH', at(label.id, own), {})).toEqual([200, renamed]);
  expect(await house.ask('editor', 'PATCH', at(label.id, own), { name: 'papers' })).toEqual([200, renamed]);
  const { status: gone, text } = await house.send('editor', 'DELETE', at(label.id, own));
  expect([gone, text]).toEqual([204, '']);
  expect(await house.ask('viewer', 'GET', at(label.id, own))).toEqual(notFound);
});

it('400 a name that is missing, blank, null, too long, or cannot be stored', async () => {
  const label = await house.label(base);
  expect(await house.ask('editor', 'POST', at(), {})).toEqual([400, { name: required }]);
  expect(await house.ask('editor', 'PUT', at(label), {})).toEqual([400, { name: required }]);
  for (const [method, path] of [
    ['POST', at()],
    ['PUT', at(label)],
    ['PATCH', at(label)],
  ] as const) {
    expect(await house.ask('editor', method, path, { name: ' ' })).toEqual([
      400,
      { name: ['This field may not be blank.'] },
    ]);
    expect(await house.ask('editor', method, path, { name: null })).toEqual([
      400,
      { name: ['This field may not be null.'] },
    ]);
    const long = ['Ensure this field has no more than 255 characters.'];
    expect(await house.ask('editor', method, path, { name: 'x'.repeat(256) })).toEqual([400, { name: long }]);
    expect((await house.ask('editor', method, path, { name: 'a\u0000' }))[0]).toBe(400);
  }
});

it('400 a name that is taken in the same knowledge base, also at the same moment; elsewhere it is free', async () => {
  const label = await house.label(base, 'one');
  const other = await house.label(base, 'two');
  expect(await house.ask('editor', 'POST', at(), { name: 'one' })).toEqual([400, unique]);
  expect(await house.ask('editor', 'PATCH', at(other), { name: 'one' })).toEqual([400, unique]);
  expect(await house.ask('editor', 'PUT', at(label), { name: 'two' })).toEqual([400, unique]);
  await house.label(await house.base(), 'one');
  await house.label(await house.base('neighbour'), 'one', 'neighbour');
  const all = await Promise.all(
    Array.from({ length: 6 }, () => house.ask('editor', 'POST', at(), { name: 'at once' })),
  );
  expect(all.map(([status]) => status).sort()).toEqual([201, 400, 400, 400, 400, 400]);
});

it('404 what is no label of this knowledge base, whoever has it', async () => {
  const label = await house.label(base);
  const elsewhere = await house.base();
  const theirs = await house.base('neighbour');
  const theirLabel = await house.label(theirs, 'x', 'neighbour');
  const wrong: [Parameters<Knowledge['ask']>[0], string][] = [
    ['owner', at('not-a-uuid')],
    ['owner', at(nobodys)],
    ['owner', at(label, 'not-a-uuid')],
    ['owner', at(label, nobodys)],
    ['owner', at(label, elsewhere)],
    ['owner', at(theirLabel)],
    ['owner', at(theirLabel, theirs)],
    ['neighbour', at(label)],
    ['neighbour', at(label, theirs)],
  ];
  for (const [who, path] of wrong) {
    for (const method of ['GET', 'DELETE']) expect(await house.ask(who, method, path)).toEqual(notFound);
    for (const method of ['PUT', 'PATCH'])
      expect(await house.ask(who, method, path, { name: 'mine' })).toEqual(notFound);
  }
  for (const [who, path] of [
    ['neighbour', at()],
    ['owner', at('', 'not-a-uuid')],
    ['owner', at('', theirs)],
  ] as const) {
    expect(await house.ask(who, 'GET', path)).toEqual(notFound);
    expect(await house.ask(who, 'POST', path, { name: 'mine' })).toEqual(notFound);
  }
  expect((await house.ask('viewer', 'GET', at(label)))[0]).toBe(200);
});

it('viewers read, editors write, others nothing', async () => {
  const label = await house.label(base, 'kept');
  for (const path of [at(), at(label)]) {
    expect((await house.ask('anonymous', 'GET', path))[0]).toBe(401);
    expect(await house.ask('roleless', 'GET', path)).toEqual(forbidden);
    expect((await house.ask('viewer', 'GET', path))[0]).toBe(200);
  }
  for (const [method, path] of [
    ['POST', at()],
    ['PUT', at(label)],
    ['PATCH', at(label)],
    ['DELETE', at(label)],
  ] as const) {
    expect((await house.ask('anonymous', method, path, { name: 'x' }))[0]).toBe(401);
    for (const who of ['roleless', 'viewer'] as const)
      expect(await house.ask(who, method, path, { name: 'x' })).toEqual(forbidden);
  }
  expect((await house.ask('viewer', 'GET', at(label)))[1].name).toBe('kept');
});
