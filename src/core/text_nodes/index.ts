import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { knowledgeBaseOf } from '../knowledge_bases/base.ts';
import { accountOf, each, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** A piece of text, as it is listed. */
export interface TextNodeRow {
  id: string;
  text: string;
  characters_count: number;
  hits_count: number;
  filename: string;
  chatbot_file: string | null;
  knowledge_base_file: string | null;
  faq: string | null;
  page_number: number | null;
  heading: string | null;
  updated_at: string;
}

/** What stands for the file of a FAQ (docs/compat/maiagent.md: Searching). */
export const faqFilename = 'FAQ';

/** The columns of a piece; `n` are the nodes, `k` the files of knowledge bases. */
const columns = `n.id, n.text, char_length(n.text) as characters_count, n.hits_count, coalesce(k.filename, '${faqFilename}') as filename,
  n.knowledge_base_file_id as chatbot_file, n.knowledge_base_file_id as knowledge_base_file, n.knowledge_base_faq_id as faq,
  n.page as page_number, n.heading, n.updated_at`;

async function list(
  context: Context,
  { query, page: { limit = 20, offset } }: Call,
  base?: KnowledgeBase,
): Promise<Page<TextNodeRow>> {
  const { db } = context;
  const found = db('text_nodes as n').where('n.account_id', accountOf(context)).whereNotNull('n.knowledge_base_id');
  if (base) found.where('n.knowledge_base_id', base.id);
  for (const name of ['knowledge_base_file', 'chatbot_file']) {
    if (query[name]) found.where('n.knowledge_base_file_id', uuidIn(name, String(query[name])));
  }
  const [row] = await found.clone().count({ count: '*' });
  const rows = await found
    .clone()
    .leftJoin('knowledge_base_files as k', 'k.id', 'n.knowledge_base_file_id')
    .orderByRaw('n.knowledge_base_id, n.knowledge_base_file_id nulls last, n.position, n.id')
    .limit(limit)
    .offset(offset)
    .select(db.raw(columns));
  return { rows: rows as unknown as TextNodeRow[], count: Number(row?.count), limit, offset };
}

const shown = [
  ...(['id', 'text', 'characters_count', 'hits_count', 'filename', 'chatbot_file', 'knowledge_base_file'] as const),
  ...(['faq', 'page_number', 'heading', 'updated_at'] as const),
];

/** The pieces of text of a knowledge base, or of all of the account, in the order of their files. */
export const textNodes: Endpoint<TextNodeRow, unknown, KnowledgeBase> = {
  name: 'text_nodes',
  resource: { parent: knowledgeBaseOf, list },
  policy: {
    action: { list: viewer },
    read: each(shown, viewer),
    write: {},
    query: each(['knowledge_base_file', 'chatbot_file'], viewer),
  },
  presenter: { default: shown },
  collect: {},
};

/** A UUID in a parameter. Throws `invalid`. */
export function uuidIn(field: string, text: string): string {
  if (isUuid(text)) return text;
  const sentence = 'Must be a valid UUID.';
  throw new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
