import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { referredId } from '../files/reference.ts';
import { releaseFiles } from '../files/release.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { type EntryRow, entries, entriesOf, entryOf, fileType, knowledgeBaseOfFiles, statuses } from './entry.ts';
import { type LabelRef, labelsNamed, labelsOf, putLabels, type ShownLabel, unknownLabel } from './label_refs.ts';
import { metadataMistake, nameMistake } from './mistakes.ts';

/** What may be changed of a file that is registered. */
interface EntryBody {
  filename?: string;
  file?: string;
  parser?: string | null;
  labels?: LabelRef[];
  raw_user_define_metadata?: Record<string, unknown>;
}

/** The bytes' address is a surface's to make; here, it is the file's id. */
export interface EntryExtra {
  file: string;
  labels: ShownLabel[];
}

const resource: Resource<EntryRow, KnowledgeBase> = {
  parent: knowledgeBaseOfFiles,

  async list(context, { query, page: { limit = 20, offset } }, base) {
    const found = entriesOf(context, base?.id ?? '');
    const { query: text, file_type: type, status } = query;
    if (text) found.whereRaw('strpos(lower(k.filename), lower(?)) > 0', [String(text)]);
    if (type) found.whereRaw(`${fileType} = lower(?)`, [String(type)]);
    if (status) found.where('k.status', statusIn(String(status)));
    const [row] = await found.clone().count({ count: '*' });
    const order = [{ column: 'k.created_at', order: 'desc' }, { column: 'k.filename' }, { column: 'k.id' }];
    const rows = await entries(context, found.clone().orderBy(order).limit(limit).offset(offset));
    return { rows, count: Number(row?.count), limit, offset };
  },

  member: (context, { id = '' }, base) => entryOf(context, base?.id ?? '', id),

  async update(context, { body }, entry) {
    const { filename, file, parser, labels, raw_user_define_metadata: metadata } = body as EntryBody;
    const named = await labelsNamed(context, entry.knowledge_base, labels ?? []);
    const isOther = file !== undefined && referredId(file) !== entry.file_id;
    refuse({
      filename: filename === undefined ? [] : nameMistake(context, filename),
      file: isOther ? ['A registered file cannot be exchanged. Register the other one, and delete this.'] : [],
      labels: (labels ?? []).filter((label) => named(label) === undefined).map(unknownLabel),
      raw_user_define_metadata: metadataMistake(metadata),
    });
    const changed = await context
      .db('knowledge_base_files')
      .where({ id: entry.id })
      .update({
        ...(filename !== undefined && { filename }),
        ...(parser !== undefined && { parser }),
        ...(metadata !== undefined && { raw_user_define_metadata: storedJson(metadata) }),
        updated_at: context.db.fn.now(),
      });
    if (changed > 0 && labels) {
      await context.db('knowledge_base_file_labels').where({ knowledge_base_file_id: entry.id }).delete();
      await putLabels(context, [{ id: entry.id, labels: labels.flatMap((label) => named(label) ?? []) }]);
    }
    return entryOf(context, entry.knowledge_base, entry.id);
  },

  async delete(context, _call, entry) {
    await take(context, entry.knowledge_base, [entry.id]);
    return entry;
  },
};

/** Takes files out of a knowledge base, in a transaction; those that are not in it are passed over. */
export async function take(context: Context, base: string, ids: readonly string[]): Promise<void> {
  const found = () =>
    context
      .db('knowledge_base_files')
      .where('knowledge_base_id', base)
      .whereRaw('id = any(?::uuid[])', [[...ids]]);
  const files = await found().select('file_id');
  const fileIds = files.map(({ file_id }) => file_id);
  await releaseFiles(context, fileIds, () => found().delete());
}

const shown = [
  'id',
  'filename',
  'file',
  'file_type',
  'knowledge_base',
  'size',
  'status',
  'failed_reason',
  'pages',
  'pages_read',
  'page_failures',
  'parser',
  'labels',
  'raw_user_define_metadata',
  'created_at',
  'updated_at',
] as const;

/**
 * The files of a knowledge base (docs/compat/maiagent.md: Knowledge bases). They are registered several at once: see
 * `registering`.
 */
export const knowledgeBaseFiles: Endpoint<EntryRow, EntryExtra, KnowledgeBase> = {
  name: 'files',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(shown, viewer), ...each(['file_id', 'stored_name'], hidden) },
    write: each(['filename', 'file', 'parser', 'labels', 'raw_user_define_metadata'], { update: editor }),
    query: each(['query', 'file_type', 'status'], { list: viewer }),
  },
  presenter: { default: shown },
  collect: {
    file: (_context, rows) => rows.map(({ file_id }) => file_id),
    labels: labelsOf,
  },
};

function refuse(all: Record<string, string[]>): void {
  const fields = Object.fromEntries(Object.entries(all).filter(([, sentences]) => sentences.length > 0));
  const [first] = Object.values(fields).flat();
  if (first !== undefined) throw new Failure('invalid', first, { fields });
}

function statusIn(text: string): EntryRow['status'] {
  const status = statuses.find((one) => one === text);
  if (status) return status;
  const sentence = `"${text}" is not a valid choice.`;
  throw new Failure('invalid', sentence, { fields: { status: [sentence] } });
}
