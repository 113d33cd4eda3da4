import { afterAll, beforeAll, expect, it } from 'vitest';
import { embedNodes, queueUnembedded } from '../../src/core/ingestion/embed_nodes.ts';
import { fused, mostCompared } from '../../src/core/retrieval/by_vectors.ts';
import { type Knowledge, openKnowledge } from '../support/knowledge.ts';
import { type Meanings, openMeanings } from '../support/meanings.ts';
import { fileOf } from '../support/retrieval.ts';

let models: Meanings;
let house: Knowledge;
const never = new AbortController().signal;

beforeAll(async () => {
  models = await openMeanings();
  house = await openKnowledge({ LATCHKEY_MODELS: models.models });
});
afterAll(async () => {
  await house.close();
  models.close();
});

const search = async (base: string, query: string): Promise<string[]> =>
  (await house.ask('viewer', 'POST', `/knowledge-bases/${base}/search/`, { query }))[1].map(
    ({ text }: { text: string }) => text,
  );
const embed = (base: string) => embedNodes(house.house, { knowledge_base_id: base }, never);
const texts = ['An automobile stands there.', 'The soup is hot.', 'It pours from the sky.'];
const filled = async (more: object = {}, all: readonly string[] = texts) => {
  const base = await house.base('editor', more);
  await fileOf(house.house.db, house.users.editor.accountId, base, all);
  return base;
};

it('what has no word of the question is found by its meaning, once there are vectors', async () => {
  const base = await filled({ enableRerank: false, similarityCutoff: 0.9 });
  expect(await search(base, 'car')).toEqual([]);
  expect(await embed(base)).toBe(false);
  expect(await search(base, 'car')).toEqual([texts[0]]);
  const rows = await house.house
    .db('text_nodes')
    .where('knowledge_base_id', base)
    .select('embedding', 'embedding_model');
  for (const { embedding, embedding_model } of rows)
    expect([Math.hypot(...(embedding ?? [])).toFixed(3), embedding_model === null]).toEqual(['1.000', false]);
});

it('a model for ranking has the last word, where the knowledge base wants it', async () => {
  const all = ['The soup is bread.', 'The soup is salty.', 'The best soup.'];
  const [ranked, plain] = [await filled({}, all), await filled({ enableRerank: false }, all)];
  expect((await search(ranked, 'soup bread'))[0]).toBe('The best soup.');
  expect((await search(plain, 'soup bread'))[0]).toBe('The soup is bread.');
});

it('a model that does not answer is a worse search, and no error', async () => {
  const base = await filled();
  await embed(base);
  models.isDown = true;
  expect(await search(base, 'soup')).toEqual([texts[1]]);
  await expect(embed(await filled())).rejects.toThrow();
  models.isDown = false;
});

it('queues what has no vectors of the present model, and what is written from now on', async () => {
  const { db } = house.house;
  const base = await filled();
  const queued = () => db('graphile_worker.jobs').where({ task_identifier: 'embed_nodes', key: `embed_nodes ${base}` });
  expect(await queued()).toEqual([]);
  await queueUnembedded(house.house);
  expect(await queued()).toHaveLength(1);
  await embed(base);
  await db.raw('select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))');
  await queueUnembedded(house.house);
  expect(await queued()).toEqual([]);
  await house.ask('editor', 'POST', `/knowledge-bases/${base}/faqs/`, { question: 'Weather?', answer: 'Fine.' });
  expect(await queued()).toHaveLength(1);
});

it('of more pieces than are compared without pgvector, those that words find are', async () => {
  const vehicles = Array.from({ length: mostCompared + 10 }, (_one, at) => `A vehicle, number ${at}.`);
  const base = await filled({ enableRerank: false }, [...vehicles, 'An automobile.']);
  await house.house.db.raw(
    `update text_nodes set embedding = case when text ~ 'number 17|auto' then '{1,0,0}' else '{0,1,0}' end::real[],
       embedding_model = (select embedding_model from text_nodes where embedding_model is not null limit 1)
     where knowledge_base_id = ?`,
    [base],
  );
  const found = await search(base, 'vehicle number 17');
  expect(found[0]).toBe('A vehicle, number 17.');
  expect(found).not.toContain('An automobile.');
});

it('two lists become one: what is high in both comes first', () => {
  const list = (...ids: string[]) => ids.map((id, at) => ({ id, score: 1 - at / 10 }));
  expect(fused(list('a', 'b', 'c'), list('c', 'b', 'd')).map(({ id }) => id)).toEqual(['c', 'b', 'a', 'd']);
  expect(fused(list('a'), [])).toEqual([{ id: 'a', score: 1 }]);
});
