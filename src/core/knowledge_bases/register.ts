import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context, Page } from '../context.ts';
import { show } from '../endpoint.ts';
import type { FileRow } from '../files/file.ts';
import { filesByReference } from '../files/reference.ts';
import { queueReading } from '../ingestion/queue_reading.ts';
import { holdKnowledgeBase } from './base.ts';
import { type EntryRow, entries, entriesOf, knowledgeBaseOfFiles } from './entry.ts';
import { type LabelRef, labelsNamed, putLabels, unknownLabel } from './label_refs.ts';
import { metadataMistake, nameMistake } from './mistakes.ts';
import { type EntryExtra, type knowledgeBaseFiles, take } from './registered_files.ts';

/** A file that was uploaded, under the name that it gets in the knowledge base. */
interface Item {
  file: string;
  filename: string;
  knowledge_base?: string | null;
  parser?: string | null;
  labels?: LabelRef[];
  raw_user_define_metadata?: Record<string, unknown>;
}

type Mistakes = Record<string, string[]>;

/**
 * Registers files, all or none, and shows them in the order of the request (docs/compat/maiagent.md: Knowledge bases).
 * Throws `invalid` with what is wrong with each of them, `not_found`.
 */
export function registering(files: typeof knowledgeBaseFiles) {
  return async (context: Context, call: Call<unknown, { files: Item[] }>): Promise<Page<EntryRow & EntryExtra>> => {
    const base = await knowledgeBaseOfFiles(context, call.parentId ?? '');
    return context.db.transaction(async (db) => {
      const within = { ...context, db };
      const rows = await register(within, base.id, call.body.files);
      return {
        rows: await show(files, 'create', within, rows, call as unknown as Call),
        count: rows.length,
        offset: 0,
      };
    });
  };
}

/** Takes several files out of a knowledge base at once. */
export async function takeSeveral(context: Context, { parentId, body }: Call<unknown, { ids: string[] }>) {
  const base = await knowledgeBaseOfFiles(context, parentId ?? '');
  await context.db.transaction((db) => take({ ...context, db }, base.id, body.ids));
}

async function register(context: Context, base: string, items: readonly Item[]): Promise<EntryRow[]> {
  await holdKnowledgeBase(context, base);
  const refs = items.map(({ file }) => file);
  const files = await filesByReference(context, refs);
  const named = await labelsNamed(
    context,
    base,
    items.flatMap(({ labels = [] }) => labels),
  );
  const wrong = items.map((item, index) => {
    const file = files[index];
    const isTwice = file !== undefined && files.indexOf(file) < index;
    const other = item.knowledge_base && item.knowledge_base.toLowerCase() !== base;
    return {
      filename: nameMistake(context, item.filename),
      file: isTwice ? ['This file is in the request twice.'] : fileMistake(context, file),
      knowledge_base: other ? [`Invalid pk "${item.knowledge_base}" - object does not exist.`] : [],
      labels: (item.labels ?? []).filter((label) => named(label) === undefined).map(unknownLabel),
      raw_user_define_metadata: metadataMistake(item.raw_user_define_metadata),
    } satisfies Mistakes;
  });
  const good = items
    .map((item, index) => ({ item, file: files[index] as FileRow, index }))
    .filter(({ index }) => Object.values(wrong[index] as Mistakes).every(({ length }) => length === 0));

  const ids = await insert(context, base, good);
  for (const { file, index } of good) {
    if (!ids.has(file.id)) wrong[index]?.file.push('This file is registered in this knowledge base already.');
  }
  refuse(wrong);
  const labelled = good.map(({ item: { labels = [] }, file }) => ({
    id: ids.get(file.id) ?? '',
    labels: labels.flatMap((label) => named(label) ?? []),
  }));
  await putLabels(context, labelled);
  await queueReading(context.db, [...ids.values()]);
  const made = await entries(context, entriesOf(context, base).whereIn('k.id', [...ids.values()]));
  const byFile = new Map(made.map((entry) => [entry.file_id, entry]));
  return files.map((file) => byFile.get(file?.id ?? '') as EntryRow);
}

function fileMistake(context: Context, file: FileRow | undefined): string[] {
  if (file) return nameMistake(context, file.name);
  return ['There is no uploaded file of this path. Send the key that its upload gave.'];
}

/**
 * Inserts what is not there yet: the new ids by the file's. All in the order of the files, so that nobody waits in a
 * circle.
 */
async function insert(context: Context, base: string, good: readonly { item: Item; file: FileRow }[]) {
  if (good.length === 0) return new Map<string, string>();
  const rows = good
    .map(({ item, file }) => ({
      knowledge_base_id: base,
      file_id: file.id,
      filename: item.filename,
      parser: item.parser ?? null,
      raw_user_define_metadata: storedJson(item.raw_user_define_metadata ?? {}),
    }))
    .sort((a, b) => (a.file_id < b.file_id ? -1 : 1));
  const made = await context
    .db('knowledge_base_files')
    .insert(rows)
    .onConflict(['knowledge_base_id', 'file_id'])
    .ignore()
    .returning(['id', 'file_id']);
  return new Map(made.map(({ id, file_id }) => [file_id, id]));
}

function refuse(wrong: readonly Mistakes[]): void {
  const errors = wrong.map((mistakes) =>
    Object.fromEntries(Object.entries(mistakes).filter(([, sentences]) => sentences.length > 0)),
  );
  const first = errors.flatMap((one) => Object.values(one).flat())[0];
  if (first !== undefined) throw new Failure('invalid', first, { reason: { items: { field: 'files', errors } } });
}
