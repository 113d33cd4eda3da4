import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { documentType, readDocument, Unreadable } from '../extracted_text/index.ts';
import type { House } from '../house.ts';
import { insertNodes, type NewNode } from '../text_nodes/insert_nodes.ts';
import { languageOf } from '../text_nodes/languages.ts';
import { cutter } from './cut_into_nodes.ts';
import { queueEmbedding } from './embed_nodes.ts';

/** One reading of a file of a knowledge base. */
export interface Reading {
  id: string;
  /** What a later reading has, too, but higher: then this one is no longer wanted. */
  reading: number;
}

/** What is read, and for whom. */
interface Target {
  knowledge_base_id: string;
  account_id: number;
  filename: string;
  name: string;
  sha256: string;
  size: number;
}

interface PageFailure {
  page: number;
  why: string;
}

/** A reading that is silent for so long is another process's to take up; milliseconds between two words of it. */
const heartbeat = 10_000;
/** Of pages that cannot be read, so many are named. */
const mostPageFailures = 100;
/** So many nodes are written by one statement. */
const batch = 200;

/**
 * Reads a file of a knowledge base: its text becomes nodes, all at once and in the place of those that there were. What is wrong with the file is
 * written down with it (`failed`); what is wrong with us is thrown, and the queue tries again. Throws the signal's reason where it is to stop.
 */
export async function readFile(house: House, job: Reading, stopping: AbortSignal, isLast: boolean): Promise<void> {
  const target = await begin(house.db, job);
  if (!target) return;
  let progress = { pages: null as number | null, pages_read: 0 };
  const tell = setInterval(() => void write(house.db, job, progress).catch(() => {}), heartbeat);
  try {
    const found = await nodesOf(house, target, stopping, (page, pages) => {
      progress = { pages: pages ?? null, pages_read: page };
    });
    if (found.nodes.length === 0)
      throw new Unreadable('There is no text in this file. Pictures of text are not read here.');
    await finish(house, job, target, found);
  } catch (error) {
    if (stopping.aborted) throw error;
    if (error instanceof Unreadable)
      return void (await write(house.db, job, { status: 'failed', failure: error.message, ...progress }));
    house.log.warn({ err: error, file: job.id }, 'a file of a knowledge base could not be read');
    if (!isLast) throw error;
    await write(house.db, job, { status: 'failed', failure: sentenceOf(error) });
  } finally {
    clearInterval(tell);
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Failure ? error.message : 'The file could not be read at present. Have it read again later.';
}

/** Takes a reading up; undefined where it is done, or no longer wanted. */
async function begin(db: Knex, { id, reading }: Reading): Promise<Target | undefined> {
  const { rows } = await db.raw<{ rows: Target[] }>(
    `update knowledge_base_files k set status = 'processing', heard_at = now()
     from files f where f.id = k.file_id and k.id = ? and k.reading = ? and k.status in ('initial', 'processing')
     returning k.knowledge_base_id, f.account_id, k.filename, f.name, f.sha256, f.size`,
    [id, reading],
  );
  return rows[0];
}

/** Writes down how a reading goes, unless there is a later one. */
async function write(db: Knex, { id, reading }: Reading, changes: object): Promise<void> {
  await db('knowledge_base_files')
    .where({ id, reading })
    .update({ ...changes, heard_at: db.fn.now() });
}

interface Found {
  nodes: NewNode[];
  pages: number | null;
  failures: PageFailure[];
}

async function nodesOf(
  house: House,
  target: Target,
  stopping: AbortSignal,
  tell: (page: number, pages?: number) => void,
) {
  const type = documentType(target.filename) ?? documentType(target.name);
  if (!type) throw new Unreadable('Files of this type are kept, but not read here.');
  const found: Found = { nodes: [], pages: null, failures: [] };
  const cut = cutter();
  for await (const piece of readDocument(await house.files.read(target), type, stopping)) {
    if (piece.kind === 'progress') tell(piece.page, piece.pages);
    if (piece.kind === 'page') {
      tell(piece.page, piece.pages);
      found.pages = Math.max(found.pages ?? 0, piece.pages ?? piece.page);
    }
    if (piece.kind === 'unreadable' && found.failures.length < mostPageFailures)
      found.failures.push({ page: piece.page, why: piece.why });
    found.nodes.push(...cut.take(piece));
  }
  found.nodes.push(...cut.end());
  return found;
}

async function finish(
  { db, models }: House,
  { id, reading }: Reading,
  target: Target,
  { nodes, pages, failures }: Found,
) {
  const language = await languageOf(db, sampleOf(nodes));
  await db.transaction(async (trx) => {
    if (!(await trx('knowledge_base_files').where({ id, reading }).forUpdate().first('id'))) return;
    await trx('text_nodes').where('knowledge_base_file_id', id).delete();
    const holder = { accountId: target.account_id, knowledgeBaseId: target.knowledge_base_id, fileId: id };
    for (let from = 0; from < nodes.length; from += batch) {
      await insertNodes(trx, holder, nodes.slice(from, from + batch), language, from);
    }
    const done = {
      status: 'done',
      pages,
      pages_read: pages ?? 0,
      page_failures: JSON.stringify(failures),
      failure: null,
    };
    if (models.of('embedding').length > 0) await queueEmbedding(trx, target.knowledge_base_id);
    await trx('knowledge_base_files')
      .where({ id })
      .update({ ...done, heard_at: trx.fn.now() });
  });
}

/** Some of a text, from all of its parts: the first pages are often of another kind. */
function sampleOf(nodes: readonly NewNode[]): string {
  const step = Math.max(1, Math.floor(nodes.length / 40));
  return nodes
    .filter((_node, index) => index % step === 0)
    .map(({ text }) => text)
    .join('\n');
}
