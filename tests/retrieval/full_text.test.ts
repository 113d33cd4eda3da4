import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrieve } from '../../src/core/retrieval/index.ts';
import { languageOf } from '../../src/core/text_nodes/languages.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { account, base, faqOf, fileOf } from '../support/retrieval.ts';

let database: TestDatabase;
let mine: number;
beforeAll(async () => {
  database = await openTestDatabase();
  mine = await account(database.db);
});
afterAll(() => database.close());

/** The texts that a question finds in a knowledge base made of these. */
async function found(texts: readonly string[], query: string, more: object = {}) {
  const knowledgeBaseId = await base(database.db, mine);
  await fileOf(database.db, mine, knowledgeBaseId, texts);
  const hits = await retrieve(database.db, { accountId: mine, knowledgeBaseIds: [knowledgeBaseId], query, ...more });
  for (const { score } of hits) expect(score > 0 && score < 1).toBe(true);
  return hits.map(({ text }) => text);
}

describe('Chinese', () => {
  const texts = ['高鐵票價查詢說明', '台鐵時刻表', '兒童票半價，老人票價七折'];

  it('§7.3 finds a word within a run of characters, which a plain configuration does not', async () => {
    expect(await found(texts, '票價')).toEqual(expect.arrayContaining([texts[0], texts[2]]));
    expect((await found(texts, '高鐵票價怎麼查詢？'))[0]).toBe(texts[0]);
    expect(await found(texts, '飛機')).toEqual([]);
  });

  it('§7.3 finds a single character, also at the end of a run', async () => {
    expect(await found(texts, '鐵')).toEqual([texts[0], texts[1]]);
    expect(await found(texts, '折')).toEqual([texts[2]]);
  });

  it('finds Japanese and Korean, full-width letters, and words beside characters', async () => {
    expect(await found(['新幹線の切符はどこで買えますか', '天気'], '切符を買う')).toEqual([
      '新幹線の切符はどこで買えますか',
    ]);
    expect(await found(['기차표 예매', '날씨'], '예매')).toEqual(['기차표 예매']);
    expect(await found(['用ＵＳＢ隨身碟開機'], 'usb 開機')).toEqual(['用ＵＳＢ隨身碟開機']);
  });
});

describe('questions', () => {
  it('§7.3 what AND misses is found: by the words that are there', async () => {
    const fare = 'The fare is 100 and the seats are red.';
    expect(await found([fare, 'It rains in the north.'], 'how much is the fare for a child')).toEqual([fare]);
  });

  it('§7.3 a minus turns nothing into everything else', async () => {
    const fare = 'The fare is 100 and the seats are red.';
    expect(await found([fare, 'It rains in the north.'], 'fare -child')).toEqual([fare]);
    expect(await found([fare, 'It rains in the north.'], '!child | & ( <-> :* \\')).toEqual([]);
  });

  it('§7.3 of stop words alone each counts; signs alone are looked for as they stand', async () => {
    const texts = ['To be or not to be.', 'C++ and C are two languages; 100% of a_b.'];
    expect((await found(texts, 'to be or not to be'))[0]).toBe(texts[0]);
    expect(await found(texts, '++')).toEqual([texts[1]]);
    expect(await found(texts, '%')).toEqual([texts[1]]);
    expect(await found(texts, '_')).toEqual([texts[1]]);
    expect(await found(texts, '  ')).toEqual([]);
    expect(await found(texts, '???')).toEqual([]);
  });

  it('what has all the words comes first, then what has the rarer ones', async () => {
    const common = Array.from({ length: 30 }, (_, index) => `The printer of room ${index} is in the house.`);
    const rare = 'The plotter is in the cellar.';
    const both = 'The printer of the plotter is a long tale that goes on and on, for hours and for days.';
    const hits = await found([...common, rare, both], 'printer plotter');
    expect(hits.slice(0, 2)).toEqual([both, rare]);
  });

  it('finds other forms of a word in the language of the text', async () => {
    const english = 'The installer has partitioned the disks and is removing what was on them.';
    expect(await found([english], 'partitions remove')).toEqual([english]);
    const german = 'Die Rechnungen werden am Ende des Monats bezahlt, und nicht vor dem ersten Mahnschreiben.';
    expect(await found([german], 'Rechnung bezahlen')).toEqual([german]);
  });

  it('takes what stands in a heading for more', async () => {
    const knowledgeBaseId = await base(database.db, mine);
    const node = (heading: string | null) => ({ text: 'The same text about a refund.', page: 3, heading });
    await fileOf(database.db, mine, knowledgeBaseId, [node(null), node('Refund'), node('Other')]);
    const [first] = await retrieve(database.db, {
      accountId: mine,
      knowledgeBaseIds: [knowledgeBaseId],
      query: 'refund',
    });
    expect(first).toMatchObject({
      heading: 'Refund',
      page: 3,
      faqId: null,
      file: { filename: 'a.txt', status: 'done', labels: [] },
    });
  });

  it('a long question and an odd one are questions, too', async () => {
    expect(await found(['A word.'], 'word '.repeat(100_000))).toEqual(['A word.']);
    expect(await found(['A word.'], `${'\u{10ffff}\u0301'.repeat(500)} word`)).toEqual(['A word.']);
    expect(await found(['A word.'], Array.from({ length: 500 }, (_, index) => `w${index}`).join(' '))).toEqual([]);
  });
});

describe('what is given', () => {
  it('as many as the knowledge base says, and at least as good', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `A sword, number ${index}.`);
    expect((await found(texts, 'sword')).length).toBe(12);
    expect((await found(texts, 'sword', { limit: 3 })).length).toBe(3);
    const picky = await base(database.db, mine, { similarity_cutoff: 0.99, number_of_retrieved_chunks: 2 });
    await fileOf(database.db, mine, picky, texts);
    expect(await retrieve(database.db, { accountId: mine, knowledgeBaseIds: [picky], query: 'sword' })).toEqual([]);
  });

  it('a FAQ is one node; a node brings the sentences around it', async () => {
    const knowledgeBaseId = await base(database.db, mine, { sentence_window_size: 1 });
    const faqId = await faqOf(database.db, mine, knowledgeBaseId, 'Where is the shop?', 'In the old town.');
    await fileOf(database.db, mine, knowledgeBaseId, ['One. Two.', 'A plough stands there.', 'Three. Four.']);
    const ask = (query: string) =>
      retrieve(database.db, { accountId: mine, knowledgeBaseIds: [knowledgeBaseId], query });
    expect(await ask('shop')).toMatchObject([{ faqId, file: null, text: 'Where is the shop?\nIn the old town.' }]);
    expect(await ask('plough')).toMatchObject([
      { text: 'A plough stands there.', passage: 'Two.\nA plough stands there.\nThree.' },
    ]);
  });

  it('tells the language of a text by its stop words', async () => {
    const of = (text: string) => languageOf(database.db, text);
    expect(await of('How much is the fare for a child?')).toBe('english');
    expect(await of('Die Rechnung ist nicht bezahlt, und der Kunde hat es gewusst.')).toBe('german');
    expect(await of('El perro de la casa no es de los que ladran por la noche.')).toBe('spanish');
    expect(await of('高鐵票價查詢說明')).toBe('simple');
    expect(await of('1 2 3 17 2024')).toBe('simple');
    expect(await of('')).toBe('simple');
  });
});
