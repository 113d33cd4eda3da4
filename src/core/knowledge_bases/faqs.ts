import type { KnowledgeBase } from '../../../generated/tables.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { pageOf } from '../page.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { holdKnowledgeBase, knowledgeBaseOf } from './base.ts';
import type { ShownLabel } from './label_refs.ts';
import { type FaqBody, type FaqRow, noFaq, writeFaq } from './write_faq.ts';

/** What of a FAQ is no column. */
export interface FaqExtra {
  labels: ShownLabel[];
  hits_count: number;
}

const of = ({ db }: Context, base: string) => db('knowledge_base_faqs').where('knowledge_base_id', base);

const resource: Resource<FaqRow, KnowledgeBase> = {
  parent: knowledgeBaseOf,

  async list(context, { query, page: { limit = 20, offset } }, base) {
    const found = of(context, base?.id ?? '');
    const text = query.query;
    if (text) found.whereRaw(`strpos(lower(question || ' ' || answer), lower(?)) > 0`, [String(text)]);
    return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
  },

  async member(context, { id = '' }, base) {
    const faq =
      isUuid(id) &&
      (await of(context, base?.id ?? '')
        .where({ id })
        .first());
    if (faq) return faq as FaqRow;
    throw noFaq();
  },

  async create(context, { body }, base) {
    const id = base?.id ?? '';
    await holdKnowledgeBase(context, id);
    return writeFaq(context, id, body as FaqBody, async (columns) => {
      const [made] = await context
        .db('knowledge_base_faqs')
        .insert({ knowledge_base_id: id, ...(columns as { question: string; answer: string }) })
        .returning('*');
      return made;
    });
  },

  async update(context, { body }, { id, knowledge_base_id: base }) {
    return writeFaq(context, base, body as FaqBody, async (columns) => {
      const [row] = await of(context, base)
        .where({ id })
        .update({ ...columns, updated_at: context.db.fn.now() })
        .returning('*');
      return row;
    });
  },

  async delete(context, _call, faq) {
    await of(context, faq.knowledge_base_id).where({ id: faq.id }).delete();
    return faq;
  },
};

const shown = [
  'id',
  'question',
  'answer',
  'labels',
  'hits_count',
  'raw_user_define_metadata',
  'created_at',
  'updated_at',
] as const;

/** The FAQs of a knowledge base (docs/compat/maiagent.md: Knowledge bases). */
export const faqs: Endpoint<FaqRow, FaqExtra, KnowledgeBase> = {
  name: 'faqs',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(shown, viewer), knowledge_base_id: hidden },
    write: each(['question', 'answer', 'labels', 'raw_user_define_metadata'], editor),
    query: { query: viewer },
  },
  presenter: { default: shown },
  collect: {
    async labels({ db }, rows) {
      const found: (ShownLabel & { faq: string })[] = await db('knowledge_base_faq_labels as j')
        .join('knowledge_base_labels as l', 'l.id', 'j.knowledge_base_label_id')
        .whereIn(
          'j.knowledge_base_faq_id',
          rows.map(({ id }) => id),
        )
        .orderBy(['l.name', 'l.id'])
        .select('j.knowledge_base_faq_id as faq', 'l.id', 'l.name');
      return rows.map(({ id }) => found.filter(({ faq }) => faq === id).map(({ faq: _faq, ...label }) => label));
    },
    async hits_count({ db }, rows) {
      const found = await db('text_nodes')
        .whereIn(
          'knowledge_base_faq_id',
          rows.map(({ id }) => id),
        )
        .select('knowledge_base_faq_id', 'hits_count');
      const byFaq = new Map(found.map((node) => [node.knowledge_base_faq_id, node.hits_count]));
      return rows.map(({ id }) => byFaq.get(id) ?? 0);
    },
  },
};

/** Deletes several FAQs of a knowledge base at once; those that are not in it are passed over. */
export async function deleteFaqs(
  context: Context,
  { parentId = '', body }: Call<unknown, { ids: string[] }>,
): Promise<void> {
  const base = await knowledgeBaseOf(context, parentId);
  await of(context, base.id).whereRaw('id = any(?::uuid[])', [body.ids]).delete();
}
