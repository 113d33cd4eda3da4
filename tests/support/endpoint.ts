import { expect } from 'vitest';
import type { Body, Caller, Mage } from './mage.ts';

/** Where an endpoint answers, how its answers are named, and the table that stands behind it. */
export interface Place {
  /** Its collection: `/pipelines`, or under a parent `/pipelines/arwen/pipeline_schedules`. */
  path: string;
  singular: string;
  plural: string;
  table: string;
  /** The attribute that names a member in the URL, and its column. */
  key: string;
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
  /** One row less, this one; gives what is gone. */
  executeDelete(key: string | number, by?: Caller): Promise<Body>;
  /** The unauthorised variants: refused with 403 in the envelope, and the table is as it was. They give the sentence. */
  unauthorisedCreate(by: Caller, attributes: Attributes): Promise<string>;
  unauthorisedList(by: Caller): Promise<string>;
  unauthorisedDetail(by: Caller, key: string | number): Promise<string>;
  unauthorisedUpdate(by: Caller, key: string | number, changes: Attributes): Promise<string>;
  unauthorisedDelete(by: Caller, key: string | number): Promise<string>;
}

/**
 * Tests one endpoint of the mage surface through HTTP, in the spirit of Mage's `base_test_execute_*`. Calls are an owner's
 * unless `by` says otherwise; rows are counted in the real table. For a new resource, this is a whole test file:
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
export function endpointTest(mage: Mage, { path, singular, plural, table, key }: Place): EndpointTest {
  const rows = () => mage.house.db(table).orderBy('id');
  const count = async () => (await rows()).length;
  const member = (id: string | number) => `${path}/${encodeURIComponent(id)}`;

  /** The object of an answer that is no error; any other is thrown, as Mage's harness does. */
  const succeed = async (by: Caller, method: string, at: string, body?: unknown) => {
    const answer = await mage.call(by, method, at, body);
    if (answer.error) throw new Error(JSON.stringify(answer.error));
    return answer;
  };
  const refuse = async (by: Caller, method: string, at: string, body?: unknown): Promise<string> => {
    const before = await rows();
    const { error } = await mage.call(by, method, at, body);
    expect(error).toMatchObject({ code: 403, type: 'unauthorized_access' });
    expect(await rows()).toEqual(before);
    return error.message;
  };

  const test: EndpointTest = {
    async executeCreate(attributes, expected = attributes, by = 'owner') {
      const before = await count();
      const made = (await succeed(by, 'POST', path, { [singular]: attributes }))[singular];
      expect(made).toMatchObject(expected);
      expect(await count()).toBe(before + 1);
      return made;
    },

    async executeList(payloads, fields, by = 'owner') {
      const made: Body[] = [];
      for (const payload of payloads) made.push(await test.executeCreate(payload));
      const listed: Body[] = (await succeed(by, 'GET', path))[plural];
      for (const one of made) {
        const same = listed.find((candidate) => candidate[key] === one[key]);
        expect(same).toMatchObject(Object.fromEntries(fields.map((field) => [field, one[field]])));
      }
      return listed;
    },

    async executeDetail(id, expected, by = 'owner') {
      const shown = (await succeed(by, 'GET', member(id)))[singular];
      expect(shown).toMatchObject(expected);
      return shown;
    },

    async executeUpdate(id, changes, expected = changes, by = 'owner') {
      const before = await count();
      const changed = (await succeed(by, 'PUT', member(id), { [singular]: changes }))[singular];
      expect(changed).toMatchObject(expected);
      expect(await count()).toBe(before);
      await test.executeDetail(changed[key], expected, by);
      return changed;
    },

    async executeDelete(id, by = 'owner') {
      const before = await count();
      const gone = (await succeed(by, 'DELETE', member(id)))[singular];
      expect(await count()).toBe(before - 1);
      expect(await mage.house.db(table).where({ [key]: id })).toEqual([]);
      return gone;
    },

    unauthorisedCreate: (by, attributes) => refuse(by, 'POST', path, { [singular]: attributes }),
    unauthorisedList: (by) => refuse(by, 'GET', path),
    unauthorisedDetail: (by, id) => refuse(by, 'GET', member(id)),
    unauthorisedUpdate: (by, id, changes) => refuse(by, 'PUT', member(id), { [singular]: changes }),
    unauthorisedDelete: (by, id) => refuse(by, 'DELETE', member(id)),
  };
  return test;
}
