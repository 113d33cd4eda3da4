import { afterAll, beforeAll, expect, it } from 'vitest';
import { forbidden, type Knowledge, nobodys, notFound, openKnowledge } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

let house: Knowledge;
let own: Body;
let theirs: Body;
beforeAll(async () => {
  house = await openKnowledge();
  own = (await house.ask('viewer', 'GET', '/organizations/'))[1].results[0];
  theirs = (await house.ask('neighbour', 'GET', '/organizations/'))[1].results[0];
});
afterAll(() => house.close());

const at = (rest = '', of = own.id) => `/organizations/${of}/${rest}`;

it('the organizations are the one that the credential acts in, with its first owner', async () => {
  const [status, page] = await house.ask('viewer', 'GET', '/organizations/');
  expect([status, page.count, page.results]).toEqual([200, 1, [own]]);
  expect(own).toEqual({
    ...{ id: expect.stringMatching(/^[\da-f-]{36}$/), name: expect.any(String) },
    owner: { id: expect.any(String), name: expect.any(String) },
    createdAt: expect.stringMatching(/^\d{13}$/),
  });
  expect(theirs.id).not.toBe(own.id);
  expect(theirs.owner.name).toBe('neighbour_user');
  expect(await house.ask('viewer', 'GET', at())).toEqual([200, own]);
  expect((await house.ask('viewer', 'GET', '/organizations/?page=2'))[0]).toBe(404);
});

it('its members, by name, with their roles, a page at a time; who was switched off is none', async () => {
  const [, page] = await house.ask('viewer', 'GET', at('members/?pageSize=100'));
  const names = page.results.map(({ name }: Body) => name);
  expect(names).toEqual([...names].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase())));
  expect(page.count).toBe(names.length);
  const editor = page.results.find(({ name }: Body) => name === 'editor_user');
  expect(editor).toEqual({
    ...{ id: expect.any(String), name: 'editor_user', email: 'editor@maiagent.test', organization: own },
    ...{ isOwner: false, permissions: ['editor'], createdAt: expect.stringMatching(/^\d{13}$/) },
  });
  const second = (await house.ask('viewer', 'GET', at('members/?pageSize=2&page=2')))[1];
  expect(second.results.map(({ name }: Body) => name)).toEqual(names.slice(2, 4));
  expect(second).toMatchObject({ count: names.length, next: expect.stringContaining('page=3') });
  expect(await house.ask('viewer', 'GET', at(`members/${editor.id}/`))).toEqual([200, editor]);
  const its = house.house.db('memberships').where({ user_id: house.users.editor.id });
  await its.clone().update({ disabled_at: new Date().toISOString() });
  expect((await house.ask('viewer', 'GET', at('members/')))[1].count).toBe(names.length - 1);
  expect(await house.ask('viewer', 'GET', at(`members/${editor.id}/`))).toEqual(notFound);
  await its.clone().update({ disabled_at: null });
});

it('its groups are the four roles, each with what it permits and with those whose strongest it is', async () => {
  const [, { count, results }] = await house.ask('viewer', 'GET', at('groups/'));
  expect([count, results.map(({ name }: Body) => name)]).toEqual([4, ['Owner', 'Admin', 'Editor', 'Viewer']]);
  const [owners, , , viewers] = results;
  const every = (await house.ask('viewer', 'GET', '/permissions/?pageSize=100'))[1];
  expect(owners.permissions).toEqual(every.results);
  const may = viewers.permissions.map(({ name }: Body) => name);
  expect(may).toContain('files:read');
  expect(may).not.toContain('pipelines:write');
  expect(await house.ask('viewer', 'GET', at(`groups/${viewers.id}/`))).toEqual([200, viewers]);
  const inIt = (await house.ask('viewer', 'GET', at(`groups/${viewers.id}/group-members/`)))[1];
  expect(inIt.results.map(({ member }: Body) => member.name)).toEqual(['viewer_user']);
  expect(inIt.count).toBe(1);
});

it('404 what is nobody’s or somebody else’s; 403 who has no role; 401 nobody', async () => {
  for (const of of [theirs.id, nobodys, 'not-a-uuid'])
    for (const rest of ['', 'members/', 'groups/'])
      expect(await house.ask('owner', 'GET', at(rest, of))).toEqual(notFound);
  const [their] = (await house.ask('neighbour', 'GET', at('members/', theirs.id)))[1].results;
  for (const id of [their.id, nobodys, 'x']) {
    expect(await house.ask('owner', 'GET', at(`members/${id}/`))).toEqual(notFound);
    expect(await house.ask('owner', 'GET', at(`groups/${id}/`))).toEqual(notFound);
    expect(await house.ask('owner', 'GET', at(`groups/${id}/group-members/`))).toEqual(notFound);
  }
  for (const path of ['/organizations/', at(), at('members/'), at('groups/'), '/permissions/']) {
    expect(await house.ask('roleless', 'GET', path)).toEqual(forbidden);
    expect((await house.ask('anonymous', 'GET', path))[0]).toBe(401);
  }
});
