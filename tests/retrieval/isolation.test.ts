import fc from 'fast-check';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retrieve } from '../../src/core/retrieval/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { account, base, faqOf, fileOf } from '../support/retrieval.ts';

/** Two accounts, two knowledge bases each, two files and a FAQ in each of them: all of the same words, and one that says whose it is. */
interface World {
  accounts: { id: number; bases: { id: string; files: string[]; faqs: string[]; labels: string[] }[] }[];
}

let database: TestDatabase;
let world: World;
beforeAll(async () => {
  database = await openTestDatabase();
  const { db } = database;
  const accounts = [];
  for (const name of ['north', 'south']) {
    const id = await account(db, name);
    const bases = [];
    for (const part of [0, 1]) bases.push(await filled(db, id, `${name}${part}`));
    accounts.push({ id, bases });
  }
  world = { accounts };
});
afterAll(() => database.close());

async function filled(db: Knex, accountId: number, secret: string) {
  const id = await base(db, accountId, { number_of_retrieved_chunks: 50 });
  const text = `The treasure of ${secret} lies below the tower. 高鐵票價`;
  const files = [
    await fileOf(db, accountId, id, [text, `${text} Twice.`]),
    await fileOf(db, accountId, id, [text], 'b.txt'),
  ];
  const faqs = [await faqOf(db, accountId, id, 'Where is the treasure?', text)];
  const made = await db('knowledge_base_labels')
    .insert([
      { knowledge_base_id: id, name: 'a' },
      { knowledge_base_id: id, name: 'b' },
    ])
    .returning('id');
  const labels = made.map((label) => label.id);
  await db('knowledge_base_file_labels').insert({
    knowledge_base_file_id: files[0] as string,
    knowledge_base_label_id: labels[0] as string,
  });
  await db('knowledge_base_faq_labels').insert({
    knowledge_base_faq_id: faqs[0] as string,
    knowledge_base_label_id: labels[1] as string,
  });
  return { id, files, faqs, labels };
}

it('whatever is asked, with whatever ids of whomever: nothing of another account is found, and metadata only narrows', async () => {
  const { db } = database;
  const all = world.accounts.flatMap(({ bases }) => bases);
  const some = (ids: string[]) => fc.subarray(ids);
  const ids = {
    bases: all.map(({ id }) => id),
    files: all.flatMap(({ files }) => files),
    faqs: all.flatMap(({ faqs }) => faqs),
    labels: all.flatMap(({ labels }) => labels),
  };
  const rule = fc.letrec((tie) => ({
    rule: fc.oneof(
      { depthSize: 'small' },
      fc.record({ label_id: fc.constantFrom(...ids.labels, 'x') }),
      fc.record({
        operator: fc.constantFrom('AND', 'OR', 'and', 'XOR'),
        conditions: fc.array(tie('rule'), { maxLength: 3 }),
      }),
    ),
  })).rule;
  const selection = fc.record(
    {
      knowledge_base_id: fc.constantFrom(...ids.bases, "' or true --"),
      chatbot_file_ids: some(ids.files),
      faq_ids: some(ids.faqs),
      has_user_selected_all: fc.constantFrom('True', 'False', true, null),
    },
    { requiredKeys: [] },
  );
  const metadata = fc.oneof(
    fc.record({ knowledge_bases: fc.array(selection, { maxLength: 3 }), label_relations: rule }, { requiredKeys: [] }),
    fc.anything(),
  );
  const questions = fc.constantFrom(
    'treasure',
    '票價',
    'treasure of south1',
    'tower -north0',
    '%',
    "treasure'); select 1; --",
    'the',
  );
  const property = fc.asyncProperty(
    fc.constantFrom(...world.accounts),
    some(ids.bases),
    metadata,
    questions,
    async (who, knowledgeBaseIds, queryMetadata, query) => {
      const asked = { accountId: who.id, knowledgeBaseIds, query };
      const narrowed = await retrieve(db, { ...asked, queryMetadata: [queryMetadata] });
      const plain = new Set((await retrieve(db, asked)).map(({ nodeId }) => nodeId));
      const own = new Set(who.bases.map(({ id }) => id));
      for (const { knowledgeBaseId, nodeId, passage } of narrowed) {
        expect(own.has(knowledgeBaseId) && knowledgeBaseIds.includes(knowledgeBaseId) && plain.has(nodeId)).toBe(true);
        expect(passage).not.toContain(who === world.accounts[0] ? 'south' : 'north');
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

it('§1.5 a selection, a label rule, both; what is malformed lets nothing through', async () => {
  const [north] = world.accounts;
  const [first, second] = north?.bases ?? [];
  if (!north || !first || !second) throw new Error('no world');
  const found = async (queryMetadata: unknown) => {
    const hits = await retrieve(database.db, {
      accountId: north.id,
      knowledgeBaseIds: [first.id, second.id],
      query: 'treasure',
      queryMetadata,
    });
    return [...new Set(hits.map(({ file, faqId }) => file?.id ?? faqId))].sort();
  };
  const whole = (one: typeof first) => [...one.files, ...one.faqs].sort();
  const both = [...whole(first), ...whole(second)].sort();
  expect(await found(undefined)).toEqual(both);
  expect(await found(null)).toEqual(both);
  expect(await found({})).toEqual(both);
  const all = { knowledge_base_id: first.id, chatbot_file_ids: [], faq_ids: [], has_user_selected_all: 'True' };
  expect(await found({ knowledge_bases: [all] })).toEqual(whole(first));
  expect(await found({ knowledgeBases: [{ knowledgeBaseId: first.id, hasUserSelectedAll: 'True' }] })).toEqual(
    whole(first),
  );
  const parts = {
    ...all,
    chatbot_file_ids: [first.files[1], second.files[0]],
    faq_ids: first.faqs,
    has_user_selected_all: 'False',
  };
  expect(await found({ knowledge_bases: [parts] })).toEqual([first.files[1], first.faqs[0]].sort());
  expect(await found({ knowledge_bases: [] })).toEqual([]);
  expect(await found({ knowledge_bases: 'all' })).toEqual([]);
  const label = (id: string | undefined) => ({ label_id: id });
  const rule = (operator: string, ...conditions: object[]) => ({ label_relations: { operator, conditions } });
  expect(await found(rule('OR', label(first.labels[0]), label(first.labels[1])))).toEqual(
    [first.files[0], first.faqs[0]].sort(),
  );
  expect(await found(rule('AND', label(first.labels[0]), label(first.labels[1])))).toEqual([]);
  expect(
    await found(
      rule('AND', label(first.labels[0]), {
        operator: 'OR',
        conditions: [label(first.labels[1]), label(first.labels[0])],
      }),
    ),
  ).toEqual([first.files[0]]);
  expect(
    await found({ knowledge_bases: [{ ...all, knowledge_base_id: second.id }], ...rule('OR', label(first.labels[0])) }),
  ).toEqual([]);
  expect(await found(rule('NOT', label(first.labels[0])))).toEqual([]);
  // The message's and the contact's, each on top of the other.
  expect(await found([{ knowledge_bases: [all] }, { knowledge_bases: [parts] }])).toEqual(
    [first.files[1], first.faqs[0]].sort(),
  );
  expect(await found([{ knowledge_bases: [all] }, null])).toEqual(whole(first));
  const deep = (levels: number): object =>
    levels === 0 ? label(first.labels[0]) : { operator: 'AND', conditions: [deep(levels - 1)] };
  expect(await found({ label_relations: deep(5) })).toEqual([first.files[0]]);
  expect(await found({ label_relations: deep(5_000) })).toEqual([]);
});
