import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context, Page } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { cutText } from '../ingestion/cut_into_nodes.ts';
import { queueEmbedding } from '../ingestion/embed_nodes.ts';
import { knowledgeBaseOf } from '../knowledge_bases/base.ts';
import { metadataMistake } from '../knowledge_bases/mistakes.ts';
import { accountOf, each, editor, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { uuidIn } from './index.ts';
import { insertNodes } from './insert_nodes.ts';
import { languageOf } from './languages.ts';

/** The text that was read in a file; it has the file's id. */
export interface DocumentRow {
  id: string;
  knowledge_base: string;
  filename: string;
  chatbot_file: string;
  characters_count: number;
  nodes_count: number;
  metadata: Record<string, unknown>;
  updated_at: string;
}

/** The text, which only the detail has. */
export interface DocumentExtra {
  content: string;
}

const columns = `k.id, k.knowledge_base_id as knowledge_base, k.filename, k.id as chatbot_file, n.characters as characters_count,
  n.nodes as nodes_count, k.raw_user_define_metadata as metadata, k.updated_at`;

/** Files that have text; `k` are the files, `n` what is known of their nodes. */
function documentsOf({ db }: Context, base: string) {
  const nodes = db.raw(
    `lateral (select count(*) as nodes, sum(char_length(text)) as characters from text_nodes where knowledge_base_file_id = k.id) n`,
  );
  return db('knowledge_base_files as k')
    .joinRaw('cross join ?', [nodes])
    .where('k.knowledge_base_id', base)
    .where('n.nodes', '>', 0);
}

async function list(
  context: Context,
  { query, page: { limit = 20, offset } }: Call,
  base?: KnowledgeBase,
): Promise<Page<DocumentRow>> {
  const found = documentsOf(context, base?.id ?? '');
  if (query.chatbot_file_id) found.where('k.id', uuidIn('chatbot_file_id', String(query.chatbot_file_id)));
  const [row] = await found.clone().count({ count: '*' });
  const order = [{ column: 'k.created_at', order: 'desc' }, { column: 'k.id' }];
  const rows = await found.clone().orderBy(order).limit(limit).offset(offset).select(context.db.raw(columns));
  return { rows: rows as unknown as DocumentRow[], count: Number(row?.count), limit, offset };
}

async function member(context: Context, { id = '' }: Call, base?: KnowledgeBase): Promise<DocumentRow> {
  const [found] = isUuid(id)
    ? await documentsOf(context, base?.id ?? '')
        .where('k.id', id)
        .select(context.db.raw(columns))
    : [];
  if (found) return found as unknown as DocumentRow;
  throw new Failure('not_found', 'There is no such document.', { reason: { missing: 'record' } });
}

/** Puts another text in the place of a document's. What reads the file at this moment does so in vain. */
async function update(
  context: Context,
  { body }: Call,
  { id, knowledge_base: base }: DocumentRow,
): Promise<DocumentRow> {
  const { db } = context;
  const { content, metadata } = body as { content?: string; metadata?: Record<string, unknown> };
  const sentences = metadataMistake(metadata);
  if (sentences[0] !== undefined) throw new Failure('invalid', sentences[0], { fields: { metadata: sentences } });
  const nodes = content === undefined ? undefined : cutText(content);
  if (nodes?.length === 0) throw new Failure('invalid', blank, { fields: { content: [blank] } });
  await db('knowledge_base_files')
    .where({ id })
    .update({
      ...(metadata !== undefined && { raw_user_define_metadata: storedJson(metadata) }),
      ...(nodes && { status: 'done', failure: null, reading: db.raw('reading + 1') }),
      updated_at: db.fn.now(),
    });
  if (nodes) {
    await db('text_nodes').where('knowledge_base_file_id', id).delete();
    const holder = { accountId: accountOf(context), knowledgeBaseId: base, fileId: id };
    await insertNodes(db, holder, nodes, await languageOf(db, content ?? ''));
    if (context.house.models.of('embedding').length > 0) await queueEmbedding(db, base);
  }
  return member(context, { id } as Call, { id: base } as KnowledgeBase);
}

const blank = 'This field may not be blank.';

/** The texts of a document's nodes, each section under its heading. */
async function contentsOf({ db }: Context, rows: readonly DocumentRow[]): Promise<string[]> {
  const nodes = await db('text_nodes')
    .whereIn(
      'knowledge_base_file_id',
      rows.map(({ id }) => id),
    )
    .orderBy('position')
    .select('knowledge_base_file_id', 'heading', 'text');
  return rows.map(({ id }) => {
    const own = nodes.filter((node) => node.knowledge_base_file_id === id);
    return own
      .map(({ heading, text }, at) => (heading && heading !== own[at - 1]?.heading ? `# ${heading}\n\n${text}` : text))
      .join('\n\n');
  });
}

const listed = ['id', 'filename', 'chatbot_file', 'characters_count', 'nodes_count', 'metadata', 'updated_at'] as const;

/** The texts of the files of a knowledge base, in full. */
export const documents: Endpoint<DocumentRow, DocumentExtra, KnowledgeBase> = {
  name: 'documents',
  resource: {
    parent: knowledgeBaseOf,
    list,
    member,
    update,
    async delete({ db }, _call, document) {
      await db('text_nodes').where('knowledge_base_file_id', document.id).delete();
      return document;
    },
  },
  policy: {
    action: { list: viewer, detail: viewer, update: editor, delete: editor },
    read: each([...listed, 'knowledge_base', 'content'], viewer),
    write: { ...each(['content', 'metadata'], editor) },
    query: { chatbot_file_id: viewer },
  },
  presenter: { default: [...listed, 'content'], list: listed },
  collect: { content: contentsOf },
};
