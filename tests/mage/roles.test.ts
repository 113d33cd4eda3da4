import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const role = (id: number, name: string, access: number) => ({
  created_at: time,
  id,
  name,
  permissions: [
    {
      id,
      access,
      entity: 'global',
      entity_id: null,
      entity_name: null,
      entity_type: null,
      created_at: time,
      updated_at: time,
    },
  ],
  updated_at: time,
});
const all = [role(1, 'Owner', 1), role(2, 'Admin', 2), role(3, 'Editor', 4), role(4, 'Viewer', 8)];
const noRole = refused('You don\u2019t have access to this project. Please ask an admin or owner for permissions.');

describe('listRoles', () => {
  it('§2.6 the four roles, with the one global permission of each', async () => {
    for (const caller of ['viewer', 'editor', 'admin', 'owner'] as const) {
      const answer = await mage.call(caller, 'GET', '/roles');
      expect(answer).toEqual({ roles: all, metadata: { count: 4, next: false } });
    }
  });

  it('pages', async () => {
    const list = async (query: string) => {
      const { roles, metadata } = await mage.call('viewer', 'GET', `/roles?${query}`);
      return [roles.map(({ id }: Body) => id), metadata];
    };
    expect(await list('_limit=1')).toEqual([[1], { count: 4, next: true }]);
    expect(await list('_limit=2&_offset=2')).toEqual([[3, 4], { count: 4, next: false }]);
    expect(await list('_offset=3')).toEqual([[4], { count: 4, next: false }]);
    expect(await list('_offset=9')).toEqual([[], { count: 4, next: false }]);
  });

  it('limit_roles leaves what the caller may give to others', async () => {
    const names = async (caller: 'admin' | 'owner', value: string) => {
      const { roles } = await mage.call(caller, 'GET', `/roles?limit_roles=${value}`);
      return roles.map(({ name }: Body) => name);
    };
    expect(await names('admin', 'true')).toEqual(['Editor', 'Viewer']);
    expect(await names('admin', 'false')).toEqual(['Owner', 'Admin', 'Editor', 'Viewer']);
    expect(await names('owner', '1')).toEqual(['Owner', 'Admin', 'Editor', 'Viewer']);
  });

  it('entity and entity_ids[] are known; every other parameter is refused', async () => {
    expect((await mage.call('viewer', 'GET', '/roles?entity=global&entity_ids[]=1,2')).roles).toEqual(all);
    expect((await mage.call('viewer', 'GET', '/roles?entity=pipeline')).roles).toEqual([]);
    const sentence = "Query parameter foo of value ['1'] is not permitted on list operation for roles.";
    expect(await mage.call('viewer', 'GET', '/roles?foo=1')).toEqual(refused(sentence));
  });

  it('E(403) for nobody and for a user without a role', async () => {
    expect(await mage.call('anonymous', 'GET', '/roles')).toEqual(
      refused('Private access for list only, invalid scope.'),
    );
    expect(await mage.call('roleless', 'GET', '/roles')).toEqual(noRole);
  });
});

describe('getRole', () => {
  it('one role', async () => {
    expect(await mage.call('viewer', 'GET', '/roles/3')).toEqual({ role: all[2], metadata: null });
  });

  it.each(['5', '0', '-1', '03', 'Owner', '99999999999999999999'])('E(404) for %s', async (id) => {
    expect(await mage.call('viewer', 'GET', `/roles/${id}`)).toEqual(E(404, 'record_not_found', 'Record not found.'));
  });

  it('E(403) for nobody and for a user without a role', async () => {
    const scope = refused('Private access for detail only, invalid scope.');
    expect(await mage.call('anonymous', 'GET', '/roles/1')).toEqual(scope);
    expect(await mage.call('roleless', 'GET', '/roles/1')).toEqual(noRole);
  });
});

it.each([
  ['POST', '/roles', 'create'],
  ['PUT', '/roles/4', 'update'],
  ['DELETE', '/roles/4', 'delete'],
])('the roles are fixed: %s %s is disabled, for owners too', async (method, path, action) => {
  for (const caller of ['anonymous', 'viewer', 'admin', 'owner'] as const) {
    const answer = await mage.call(caller, method, path, { role: { name: 'Mine' } });
    expect(answer).toEqual(refused(`The ${action} action is disabled for roles.`));
  }
  expect((await mage.call('owner', 'GET', '/roles')).roles).toEqual(all);
});
