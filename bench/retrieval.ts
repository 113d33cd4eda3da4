// How well and how fast questions are answered from documents by full text alone: docs/benchmarks.md.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import pino from 'pino';
import { readConfig } from '../src/config.ts';
import { type House, makeHouse } from '../src/core/house.ts';
import { readFile } from '../src/core/ingestion/read_file.ts';
import { openInstallation } from '../src/core/installation/index.ts';
import { type Retrieved, retrieve } from '../src/core/retrieval/index.ts';
import { openDatabase } from '../src/database/database.ts';
import { median, table, thousands } from './measure.ts';
import { bytesOf, dense, documents, questions, sharedRuns } from './retrieval/corpus.ts';

const silent = { debug() {}, info() {}, warn() {}, error: (message: unknown) => process.stderr.write(`${message}\n`) };

export const retrievalBench = {
  about:
    'questions to 1,140 pages in English and Chinese: how many are answered, how fast, and how fast pages are read',

  async run(quick: boolean): Promise<Record<string, unknown>> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    const { db, close } = await openDatabase({ databaseUrl: undefined, data: folder }, silent as never);
    try {
      const config = readConfig({
        LATCHKEY_DATA: folder,
        LATCHKEY_OWNER_PASSWORD: 'bench password',
        LATCHKEY_SECRET: 'what a bench is sealed with, in full',
      });
      const installation = await openInstallation(db, config);
      const house = makeHouse({ config, db, log: pino({ level: 'silent' }), installation } as never);
      const accountId = installation.accountId;
      const base = await newBase(db, accountId);
      const read = await readAll(house, accountId, base);
      const asked = await askAll(db, accountId, base);
      const nodes = quick ? 20_000 : 100_000;
      const many = await times(db, accountId, await grown(db, accountId, base, nodes), quick ? 4 : 20);
      const few = await times(db, accountId, base, quick ? 4 : 20);
      process.stdout.write(
        table([
          ['', 'pieces', 'ms p50', 'ms p99'],
          ['the books', thousands(read.nodes), few.p50.toFixed(1), few.p99.toFixed(1)],
          ['so many that', thousands(nodes), many.p50.toFixed(1), many.p99.toFixed(1)],
        ]),
      );
      return {
        ...read,
        ...asked,
        ms_p50: few.p50,
        ms_p99: few.p99,
        many_nodes: nodes,
        many_ms_p50: many.p50,
        many_ms_p99: many.p99,
      };
    } finally {
      await close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function newBase(db: Knex, account_id: number): Promise<string> {
  const models = { embedding_model: crypto.randomUUID(), reranker_model: crypto.randomUUID() };
  const [made] = await db('knowledge_bases')
    .insert({ account_id, name: 'bench', ...models })
    .returning('id');
  return made?.id as string;
}

/** Has all documents read, one after the other, as the server does it. */
async function readAll(house: House, account_id: number, base: string) {
  const { db, files } = house;
  let [pages, seconds] = [0, 0];
  for (const document of documents) {
    const bytes = bytesOf(document);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = join(house.config.data, sha256);
    writeFileSync(path, bytes);
    await files.storage.put(sha256, path, bytes.length);
    const file = { account_id, name: document.name, media_type: 'application/pdf', size: bytes.length, sha256 };
    const [kept] = await db('files').insert(file).returning('id');
    const entry = { knowledge_base_id: base, file_id: kept?.id as string, filename: document.name };
    const [registered] = await db('knowledge_base_files').insert(entry).returning('id');
    const began = performance.now();
    await readFile(house, { id: registered?.id as string, reading: 0 }, new AbortController().signal, true);
    seconds += (performance.now() - began) / 1000;
    const done = await db('knowledge_base_files')
      .where('id', registered?.id as string)
      .first('status', 'pages', 'failure');
    if (done?.status !== 'done' || done.pages !== document.pages)
      throw new Error(`${document.name}: ${JSON.stringify(done)}`);
    pages += document.pages;
    process.stderr.write(`${document.name}: ${document.pages} pages\n`);
  }
  await db.raw('analyze text_nodes');
  const [count] = await db('text_nodes').where('knowledge_base_id', base).count({ nodes: '*' });
  return { pages, pages_per_second: Number((pages / seconds).toFixed(1)), nodes: Number(count?.nodes) };
}

/** Asks all questions: in how many of five, of one, of twelve pieces the answer is. Throws where a question quotes its answer. */
async function askAll(db: Knex, accountId: number, base: string) {
  const ranks: { question: string; rank: number }[] = [];
  const quoting: string[] = [];
  for (const { document, question, answer } of questions) {
    const found = await retrieve(db, { accountId, knowledgeBaseIds: [base], query: question, limit: 12 });
    const isRight = ({ file, text }: Retrieved) => file?.filename === document && dense(text).includes(dense(answer));
    const at = found.findIndex(isRight);
    const quoted = at < 0 ? [] : sharedRuns(question, found[at]?.text ?? '');
    if (quoted.length > 0) quoting.push(`“${question}” quotes its answer: ${quoted.join(', ')}`);
    ranks.push({ question, rank: at + 1 });
  }
  for (const { question, rank } of ranks)
    if (rank === 0 || rank > 5) process.stdout.write(`not among five (${rank || 'nowhere'}): ${question}\n`);
  if (quoting.length > 0) throw new Error(quoting.join('\n'));
  const part = (most: number, of = ranks) =>
    Number((of.filter(({ rank }) => rank > 0 && rank <= most).length / of.length).toFixed(3));
  const isChinese = ({ question }: { question: string }) => /\p{Script=Han}/u.test(question);
  const english = ranks.filter((one) => !isChinese(one));
  return {
    questions: ranks.length,
    hit_at_1: part(1),
    hit_at_5: part(5),
    hit_at_12: part(12),
    english_at_5: part(5, english),
    chinese_at_5: part(5, ranks.filter(isChinese)),
  };
}

/** Another knowledge base of so many pieces, each of the words of two pieces of this one. */
async function grown(db: Knex, accountId: number, base: string, nodes: number): Promise<string> {
  const target = await newBase(db, accountId);
  const [model] = await db('knowledge_base_files').where('knowledge_base_id', base).select('file_id').limit(1);
  const entry = { knowledge_base_id: target, file_id: model?.file_id as string, filename: 'many.pdf', status: 'done' };
  const [file] = await db('knowledge_base_files').insert(entry).returning('id');
  await db.raw(
    `with piece as (select text, language, heading, search, row_number() over (order by id) - 1 as at, count(*) over () as count from text_nodes where knowledge_base_id = ?)
     insert into text_nodes (account_id, knowledge_base_id, knowledge_base_file_id, language, position, heading, text, search)
     select ?, ?, ?, a.language, n, a.heading, left(a.text, length(a.text) / 2) || ' ' || right(b.text, length(b.text) / 2), a.search || b.search
     from generate_series(0, ?::int - 1) n join piece a on a.at = n % a.count join piece b on b.at = (n * 7919 / a.count) % b.count`,
    [base, accountId, target, file?.id as string, nodes],
  );
  await db.raw('vacuum analyze text_nodes');
  return target;
}

async function times(db: Knex, accountId: number, base: string, rounds: number) {
  const taken: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    for (const { question: query } of questions) {
      const began = performance.now();
      await retrieve(db, { accountId, knowledgeBaseIds: [base], query });
      if (round > 0) taken.push(performance.now() - began);
    }
  }
  const sorted = taken.toSorted((a, b) => a - b);
  return {
    p50: Number(median(taken).toFixed(1)),
    p99: Number((sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0).toFixed(1)),
  };
}
