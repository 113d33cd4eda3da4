import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { isUuid } from '../uuid.ts';
import { knowledgeBaseOf } from './base.ts';
import { parserName } from './parsers.ts';

/** Every status that a file may have. */
export const statuses = ['initial', 'processing', 'done', 'deleting', 'deleted', 'failed'] as const;

/** A file as it is registered in a knowledge base, and what is known of its bytes. */
export interface EntryRow {
  id: string;
  file_id: string;
  /** What the file itself is called; `filename` is its name in the knowledge base. */
  stored_name: string;
  filename: string;
  /** The ending of the name, in lower case. */
  file_type: string;
  knowledge_base: string;
  /** In bytes. */
  size: number;
  status: (typeof statuses)[number];
  /** Why it cannot be read. */
  failed_reason: string | null;
  pages: number | null;
  pages_read: number;
  page_failures: { page: number; why: string }[];
  /** Its name is empty where it is not ours. */
  parser: { id: string; name: string } | null;
  raw_user_define_metadata: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

/** As a column: the ending of the name that a file has in a knowledge base. */
export const fileType = `coalesce(lower(substring(k.filename from '\\.([^.]+)$')), '')`;

/** The files of one knowledge base, without columns yet; `k` are the entries, `f` the files. */
export function entriesOf({ db }: Pick<Context, 'db'>, base: string) {
  return db('knowledge_base_files as k').join('files as f', 'f.id', 'k.file_id').where('k.knowledge_base_id', base);
}

/** Runs a query of entries. */
export async function entries({ db }: Pick<Context, 'db'>, found: ReturnType<typeof entriesOf>): Promise<EntryRow[]> {
  const rows = await found.select(
    'k.id',
    'k.file_id',
    'f.name as stored_name',
    'k.filename',
    db.raw(`${fileType} as file_type`),
    'k.knowledge_base_id as knowledge_base',
    'f.size',
    'k.status',
    'k.failure as failed_reason',
    'k.pages',
    'k.pages_read',
    'k.page_failures',
    'k.parser',
    'k.raw_user_define_metadata',
    'k.created_at',
    'k.updated_at',
  );
  const read = rows as (Omit<EntryRow, 'parser'> & { parser: string | null })[];
  return read.map((row) => ({
    ...row,
    parser: row.parser === null ? null : { id: row.parser, name: parserName(row.parser) },
  }));
}

/** One file of a knowledge base. Throws `not_found`, also for what is no UUID. */
export async function entryOf(context: Context, base: string, id: string): Promise<EntryRow> {
  const [entry] = isUuid(id) ? await entries(context, entriesOf(context, base).where('k.id', id)) : [];
  if (entry) return entry;
  throw new Failure('not_found', 'There is no such file.', { reason: { missing: 'record' } });
}

/**
 * The knowledge base that files are asked for. What is no UUID is `invalid` here (docs/compat/maiagent.md: Knowledge
 * bases). Throws `not_found`.
 */
export async function knowledgeBaseOfFiles(context: Context, id: string): Promise<KnowledgeBase> {
  if (isUuid(id)) return knowledgeBaseOf(context, id);
  const sentence = 'Must be a valid UUID.';
  throw new Failure('invalid', sentence, { fields: { knowledge_base_pk: [sentence] } });
}
