import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointTest, endpointTest } from '../support/endpoint.ts';
import { type Mage, openMage } from '../support/mage.ts';

// How a new resource is tested: copy this file, and change the place, the attributes and the sentences.

let mage: Mage;
let pipelines: EndpointTest;

beforeAll(async () => {
  mage = await openMage();
  const names = { singular: 'pipeline', plural: 'pipelines', table: 'pipelines' };
  pipelines = endpointTest(mage, { path: '/pipelines', key: 'uuid', ...names });
});
afterAll(() => mage.close());

describe('pipelines, as an example of an endpoint', () => {
  it('create: one row more, with what was sent', async () => {
    const { uuid } = await pipelines.executeCreate({ name: 'Evening Star', tags: ['nightly'] });
    expect(uuid).toBe('evening_star');
  });

  it('list: what was created is there', async () => {
    const listed = await pipelines.executeList([{ name: 'b' }, { name: 'c', type: 'streaming' }], ['name', 'type']);
    expect(listed).toHaveLength(3);
  });

  it('detail: by its identifier', async () => {
    await pipelines.executeDetail('evening_star', { name: 'Evening Star', tags: ['nightly'] }, 'viewer');
  });

  it('update: what was sent, and nothing else', async () => {
    await pipelines.executeUpdate('evening_star', { description: 'Eärendil' }, undefined, 'editor');
    await pipelines.executeUpdate('evening_star', { name: 'Venus' }, { uuid: 'venus', description: 'Eärendil' });
  });

  it('delete: one row less', async () => {
    expect(await pipelines.executeDelete('venus')).toMatchObject({ name: 'Venus' });
  });

  it('unauthorised: refused, and the table is as it was', async () => {
    const condition = (action: string) => `Unauthorized operation ${action} on pipelines, failed condition.`;
    expect(await pipelines.unauthorisedCreate('viewer', { name: 'd' })).toBe(condition('create'));
    expect(await pipelines.unauthorisedUpdate('viewer', 'b', { description: 'mine' })).toBe(condition('update'));
    expect(await pipelines.unauthorisedDelete('viewer', 'b')).toBe(condition('delete'));
    expect(await pipelines.unauthorisedList('anonymous')).toBe('Private access for list only, invalid scope.');
    expect(await pipelines.unauthorisedDetail('roleless', 'b')).toContain('You don’t have access to this project.');
  });

  it('the harness fails where the endpoint does', async () => {
    await expect(pipelines.executeCreate({ name: 'b' })).rejects.toThrow('Pipeline b already exists.');
    await expect(pipelines.executeDetail('b', { name: 'c' })).rejects.toThrow();
    await expect(pipelines.executeDelete('nothing')).rejects.toThrow('Pipeline nothing does not exist.');
    await expect(pipelines.unauthorisedList('viewer')).rejects.toThrow();
  });
});
