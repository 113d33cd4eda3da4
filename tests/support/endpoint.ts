import { expect } from 'vitest';
import type { Body, Caller, Mage } from './mage.ts';
import type { Maiagent } from './maiagent.ts';
import type { Mystic } from './mystic.ts';
import { mageWire, maiagentWire, mysticWire, type Wire } from './wires.ts';

/** Where an endpoint answers, and the table that stands behind it. */
export interface Place {
  /** Its collection: `/pipelines`, or under a parent `/pipelines/arwen/pipeline_schedules`. */
  path: string;
  table: string;
  /** The attribute that names a member in the URL, and its column. */
  key: string;
}

/** On mage, also how its answers are named. */
export interface MagePlace extends Place {
  singular: string;
  plural: string;
}

type Attributes = Record<string, unknown>;

/** What every endpoint promises, one function each. All but `by` and `expected` is what the caller sends. */
export interface EndpointTest {
  /** One row more in the table; gives the new object. */
  executeCreate(attributes: Attributes, expected?: Attributes, by?: Caller): Promise<Body>;
  /** Creates each, then finds them all in the list, with these fields as creation answered them; gives the list. */
  executeList(payloads: Attributes[], fields: string[], by?: Caller): Promise<Body[]>;
  executeDetail(key: string | number, expected: Attributes, by?: Caller): Promise<Body>;
  /** Answers with the change, and shows it again on detail. */
  executeUpdate(key: string | number, changes: Attributes, expected?: Attributes, by?: Caller): Promise<Body>;
  /** One row less, this one; gives what is gone, where the surface shows it. */
  executeDelete(key: string | number, by?: Caller): Promise<Body>;
  /** The unauthorised variants: refused in the envelope, and the table is as it was. They give the sentence. */
  unauthorisedCreate(by: Caller, attributes: Attributes): Promise<string>;
  unauthorisedList(by: Caller): Promise<string>;
  unauthorisedDetail(by: Caller, key: string | number): Promise<string>;
  unauthorisedUpdate(by: Caller, key: string | number, changes: Attributes): Promise<string>;
  unauthorisedDelete(by: Caller, key: string | number): Promise<string>;
  /** The contract does not take these attributes, and nothing is made; gives the sentence. */
  invalidCreate(attributes: Attributes): Promise<string>;
  /** Not there: 404 for detail, update and delete, and the table is as it was. */
  missing(key: string | number): Promise<void>;
  /** A row of another account, with these columns, is missing, and in no list. */
  foreign(columns: Attributes): Promise<void>;
}

/**
 * Tests one endpoint of the mage surface through HTTP, in the spirit of Mage's `base_test_execute_*`. Calls are an owner's
 * unless `by` says otherwise; rows are counted in the real table. `npm run new` writes such a test; in short:
 *
 * ```ts
 * import { afterAll, beforeAll, it } from 'vitest';
 * import { type EndpointTest, endpointTest } from './endpoint.ts';
 * import { type Mage, openMage } from './mage.ts';
 *
 * let mage: Mage;
 * let swords: EndpointTest;
 *
 * beforeAll(async () => {
 *   mage = await openMage();
 *   swords = endpointTest(mage, { path: '/swords', singular: 'sword', plural: 'swords', table: 'swords', key: 'id' });
 * });
 * afterAll(() => mage.close());
 *
 * it('a sword is forged, seen, renamed and broken', async () => {
 *   const { id } = await swords.executeCreate({ name: 'Narsil' });
 *   await swords.executeDetail(id, { name: 'Narsil' });
 *   await swords.executeUpdate(id, { name: 'Andúril' });
 *   await swords.executeDelete(id);
 *   await swords.unauthorisedCreate('viewer', { name: 'Sting' });
 * });
 * ```
 *
 * `tests/mage/example.test.ts` runs all of it on pipelines.
 */
export function endpointTest(mage: Mage, place: MagePlace): EndpointTest {
  return promises(mageWire(mage, place), place);
}

/** The same on the mystic surface. Paths begin with `/v4`, ids with what they are of: `kind`. */
export function mysticEndpointTest(mystic: Mystic, place: Place & { kind: string }): EndpointTest {
  return promises(mysticWire(mystic, place), place);
}

/** The same on the maiagent surface. Paths end with a slash. */
export function maiagentEndpointTest(maiagent: Maiagent, place: Place): EndpointTest {
  return promises(maiagentWire(maiagent), place);
}

function promises({ house, codes, ask, member, called, row }: Wire, { path, table, key }: Place): EndpointTest {
  const rows = () => house.db(table).orderBy('id');
  const count = async () => (await rows()).length;

  /** An answer that is no error; any other is thrown, as Mage's harness does. */
  const succeed: Wire['ask'] = async (...asked) => {
    const answer = await ask(...asked);
    if (answer.error) throw new Error(JSON.stringify(answer.error));
    return answer;
  };
  const refuse = async (code: number, ...asked: Parameters<Wire['ask']>): Promise<string> => {
    const before = await rows();
    const { error } = await ask(...asked);
    expect(error).toMatchObject({ code });
    expect(await rows()).toEqual(before);
    return error?.sentence ?? '';
  };
  const unauthorised = (...asked: Parameters<Wire['ask']>) =>
    refuse(asked[0] === 'anonymous' ? codes.anonymous : 403, ...asked);

  const test: EndpointTest = {
    async executeCreate(attributes, expected = attributes, by = 'owner') {
      const before = await count();
      const { object } = await succeed(by, 'create', path, attributes);
      expect(object).toMatchObject(expected);
      expect(await count()).toBe(before + 1);
      return object;
    },

    async executeList(payloads, fields, by = 'owner') {
      const made: Body[] = [];
      for (const payload of payloads) made.push(await test.executeCreate(payload, {}));
      const { rows: listed = [] } = await succeed(by, 'list', path);
      for (const one of made) {
        const same = listed.find((candidate) => candidate[key] === one[key]);
        expect(same).toMatchObject(Object.fromEntries(fields.map((field) => [field, one[field]])));
      }
      return listed;
    },

    async executeDetail(id, expected, by = 'owner') {
      const { object } = await succeed(by, 'detail', member(path, id));
      expect(object).toMatchObject(expected);
      return object;
    },

    async executeUpdate(id, changes, expected = changes, by = 'owner') {
      const before = await count();
      const { object } = await succeed(by, 'update', member(path, id), changes);
      expect(object).toMatchObject(expected);
      expect(await count()).toBe(before);
      await test.executeDetail(object[key], expected, by);
      return object;
    },

    async executeDelete(id, by = 'owner') {
      const before = await count();
      const { object } = await succeed(by, 'delete', member(path, id));
      expect(await count()).toBe(before - 1);
      expect(await house.db(table).where({ [key]: row(id) })).toEqual([]);
      return object;
    },

    unauthorisedCreate: (by, attributes) => unauthorised(by, 'create', path, attributes),
    unauthorisedList: (by) => unauthorised(by, 'list', path),
    unauthorisedDetail: (by, id) => unauthorised(by, 'detail', member(path, id)),
    unauthorisedUpdate: (by, id, changes) => unauthorised(by, 'update', member(path, id), changes),
    unauthorisedDelete: (by, id) => unauthorised(by, 'delete', member(path, id)),

    invalidCreate: (attributes) => refuse(codes.invalid, 'owner', 'create', path, attributes),

    async missing(id) {
      for (const action of ['detail', 'delete'] as const) await refuse(404, 'owner', action, member(path, id));
      await refuse(404, 'owner', 'update', member(path, id), {});
    },

    async foreign(columns) {
      const [account] = await house.db('accounts').insert({ name: 'another' }).returning('id');
      const theirs = { ...columns, account_id: account?.id };
      const [{ [key]: id }] = await house.db(table).insert(theirs).returning(key);
      await test.missing(called(id));
      const { rows: listed = [] } = await succeed('owner', 'list', path);
      expect(listed.map((one) => one[key])).not.toContain(called(id));
    },
  };
  return test;
}
