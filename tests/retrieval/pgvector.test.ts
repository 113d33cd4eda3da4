import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { mostCompared } from '../../src/core/retrieval/by_vectors.ts';
import { type Knowledge, openKnowledge } from '../support/knowledge.ts';
import { type Meanings, openMeanings } from '../support/meanings.ts';
import { account, base, fileOf } from '../support/retrieval.ts';

// The embedded Postgres has no pgvector: `tests/conformance/pgvector.sh` brings one that has.
let models: Meanings;
let house: Knowledge;
let hasExtension = false;

beforeAll(async () => {
  models = await openMeanings();
  house = await openKnowledge({ LATCHKEY_MODELS: models.models });
  const { db } = house.house;
  hasExtension = Boolean(await db('pg_available_extensions').where('name', 'vector').first());
  // As docs/maiagent.md has it, for a model of three dimensions.
  if (hasExtension)
    await db.raw(`create extension vector;
      create index on text_nodes using hnsw ((embedding::vector(3)) vector_cosine_ops) where cardinality(embedding) = 3`);
});
afterAll(async () => {
  await house.close();
  models.close();
});
beforeEach(({ skip }) => skip(!hasExtension, 'this Postgres has no pgvector'));

const search = async (knowledgeBase: string, query: string): Promise<string[]> =>
  (await house.ask('viewer', 'POST', `/knowledge-bases/${knowledgeBase}/search/`, { query }))[1].map(
    ({ text }: { text: string }) => text,
  );

/** Pieces as a model has read them: what says `automobile` goes one way, what says `engine` nearly the same, all else another. */
const read = (knowledgeBase: string, dimensions = 3) =>
  house.house.db.raw(
    `update text_nodes set embedding_model = ?, embedding = (case when text ~ 'automobile' then '{1,0,0}' when text ~ 'engine' then '{0.96,0.28,0}' else '{0,0.6,0.8}' end)::real[]
       || array_fill(0::real, array[?::int])
     where knowledge_base_id = ?`,
    [String(house.house.models.of('embedding')[0]?.id), dimensions - 3, knowledgeBase],
  );
const many = (count: number, word: string) => Array.from({ length: count }, (_one, at) => `A ${word}, number ${at}.`);

it('finds by meaning alone what no word of the question is in, however many pieces there are', async () => {
  const { db } = house.house;
  const { accountId } = house.users.editor;
  const mine = await house.base('editor', { enableRerank: false, numberOfRetrievedChunks: 2, similarityCutoff: 0.5 });
  await fileOf(db, accountId, mine, [...many(mostCompared + 10, 'stone'), 'An engine.', 'An automobile.']);
  await read(mine);
  expect(await search(mine, 'vehicle')).toEqual(['An automobile.', 'An engine.']);
});

it('what others have, however much nearer it is, takes no place of one’s own', async () => {
  const { db } = house.house;
  const other = await account(db);
  const theirs = await base(db, other);
  await fileOf(db, other, theirs, many(400, 'automobile'));
  await read(theirs);
  const mine = await house.base('editor', { enableRerank: false, numberOfRetrievedChunks: 2, similarityCutoff: 0.5 });
  await fileOf(db, house.users.editor.accountId, mine, ['An engine.', ...many(40, 'stone')]);
  await read(mine);
  await db.raw('analyze text_nodes');
  expect(await search(mine, 'vehicle')).toEqual(['An engine.']);
  // Even where nothing but the index of vectors is gone through.
  await db.raw('alter index text_nodes_knowledge_base rename to hidden');
  await db.raw(
    `update pg_index set indisvalid = false where indexrelid in ('hidden'::regclass, 'text_nodes_account'::regclass)`,
  );
  await db.raw(`do $$ begin execute format('alter database %I set enable_seqscan = off', current_database()); end $$`);
  expect(await search(mine, 'vehicle')).toEqual(['An engine.']);
});

it('vectors of another length lie beside them, and are not compared', async () => {
  const { db } = house.house;
  const mine = await house.base('editor', { enableRerank: false, similarityCutoff: 0.5 });
  await fileOf(db, house.users.editor.accountId, mine, ['An automobile.']);
  await read(mine, 5);
  expect(await search(mine, 'vehicle')).toEqual([]);
});
