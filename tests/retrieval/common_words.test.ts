import { afterAll, beforeAll, expect, it } from 'vitest';
import { retrieve } from '../../src/core/retrieval/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { account, base, fileOf } from '../support/retrieval.ts';

let database: TestDatabase;
let mine: number;
let large: string;
beforeAll(async () => {
  database = await openTestDatabase();
  const { db } = database;
  mine = await account(db);
  large = await base(db, mine);
  // As it was before there was a sample.
  await db.raw('drop index text_nodes_sample');
  const common = Array.from({ length: 6_000 }, (_, index) => `The printer is in room ${index}.`);
  await fileOf(db, mine, large, [...common, plotter, both]);
  const { up } = await import(new URL('../../migrations/0064_sampled_text_nodes.js', import.meta.url).href);
  await up(db);
  await db.raw('analyze text_nodes');
});
afterAll(() => database.close());

const plotter = 'The plotter is in the cellar.';
const both = 'The printer of the plotter is a long tale that goes on and on, for hours and for days.';

const ask = async (query: string, knowledgeBaseId = large, accountId = mine) =>
  (await retrieve(database.db, { accountId, knowledgeBaseIds: [knowledgeBaseId], query })).map(({ text }) => text);

it('what has a rare word comes before thousands that have a common one, and what has both before that', async () => {
  expect(await ask('plotter printer')).toEqual([both, plotter]);
});

it('a common word finds by itself, and beside one that is nowhere', async () => {
  for (const query of ['printer', 'printer zyzzyva', 'room printer']) {
    const found = await ask(query);
    expect(found).toHaveLength(12);
    for (const text of found) expect(text).toContain('printer');
  }
});

it('a word that is common elsewhere is not common here', async () => {
  const { db } = database;
  const other = await account(db, 'another');
  for (const accountId of [mine, other]) {
    const small = await base(db, accountId);
    const texts = ['The printer is out of paper.', 'The plotter is out of ink.', 'Nothing is out of order.'];
    await fileOf(db, accountId, small, texts);
    expect(await ask('printer or plotter', small, accountId)).toEqual(expect.arrayContaining(texts.slice(0, 2)));
  }
});

it('how common a word is, is read from a sample that has an index', async () => {
  const { db } = database;
  const asked: { sql: string; bindings: unknown[] }[] = [];
  db.on('query', (one) => asked.push(one));
  await ask('printer');
  const search = asked.find(({ sql }) => sql.includes('sampled'));
  const { rows } = await db.raw(`explain ${search?.sql.replace(/\$\d+/g, '?')}`, search?.bindings as never);
  expect(rows.map((row: object) => Object.values(row)[0]).join('\n')).toContain('on text_nodes_sample');
});
