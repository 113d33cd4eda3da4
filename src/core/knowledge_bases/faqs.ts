import type { KnowledgeBase, KnowledgeBaseFaq } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { queueEmbedding } from '../ingestion/embed_nodes.ts';
import { pageOf } from '../page.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { insertNodes } from '../text_nodes/insert_nodes.ts';
import { languageOf } from '../text_nodes/languages.ts';
import { isUuid } from '../uuid.ts';
import { holdKnowledgeBase, knowledgeBaseOf } from './base.ts';
import { type LabelRef, labelsNamed, type ShownLabel, unknownLabel } from './label_refs.ts';
import { metadataMistake } from './mistakes.ts';

/** A FAQ, as its table has it. */
export type FaqRow = Omit<KnowledgeBaseFaq, 'raw_user_define_metadata'> & {
  raw_user_define_metadata: Record<string, unknown>;
};

/** What is sent of a FAQ. */
interface FaqBody {
  question?: string;
  answer?: string;
  labels?: LabelRef[];
  raw_user_define_metadata?: Record<string, unknown>;
}

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
    throw missing();
  },

  async create(context, { body }, base) {
    const id = base?.id ?? '';
    await holdKnowledgeBase(context, id);
    return write(context, id, body as FaqBody, async (columns) => {
      const [made] = await context
        .db('knowledge_base_faqs')
        .insert({ knowledge_base_id: id, ...(columns as { question: string; answer: string }) })
        .returning('*');
      return made;
    });
  },

  async update(context, { body }, { id, knowledge_base_id: base }) {
    return write(context, base, body as FaqBody, async (columns) => {
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

/** Writes a FAQ and its labels, and has it found by what it says now. Throws `invalid`, and `not_found` where it has gone. */
async function write(
  context: Context,
  base: string,
  { labels, raw_user_define_metadata: metadata, ...texts }: FaqBody,
  save: (columns: object) => Promise<KnowledgeBaseFaq | undefined>,
): Promise<FaqRow> {
  const named = await labelsNamed(context, base, labels ?? []);
  const fields = {
    labels: (labels ?? []).filter((label) => named(label) === undefined).map(unknownLabel),
    raw_user_define_metadata: metadataMistake(metadata),
  };
  const wrong = Object.fromEntries(Object.entries(fields).filter(([, sentences]) => sentences.length > 0));
  const [first] = Object.values(wrong).flat();
  if (first !== undefined) throw new Failure('invalid', first, { fields: wrong });

  const faq = await save({
    ...texts,
    ...(metadata !== undefined && { raw_user_define_metadata: storedJson(metadata) }),
  });
  if (!faq) throw missing();
  if (labels)
    await putFaqLabels(
      context,
      faq.id,
      labels.flatMap((label) => named(label) ?? []),
    );
  await putNode(context, faq);
  return faq as FaqRow;
}

async function putFaqLabels({ db }: Context, faq: string, labels: readonly string[]): Promise<void> {
  await db('knowledge_base_faq_labels').where('knowledge_base_faq_id', faq).delete();
  const rows = [...new Set(labels)].map((label) => ({ knowledge_base_faq_id: faq, knowledge_base_label_id: label }));
  if (rows.length > 0) await db('knowledge_base_faq_labels').insert(rows);
}

/** A FAQ is one piece of text; how often it has been a source stays. */
async function putNode(
  context: Context,
  { id, knowledge_base_id: base, question, answer }: KnowledgeBaseFaq,
): Promise<void> {
  const { db } = context;
  const [former] = await db('text_nodes').where('knowledge_base_faq_id', id).delete().returning('hits_count');
  const text = `${question}\n\n${answer}`;
  const holder = { accountId: accountOf(context), knowledgeBaseId: base, faqId: id };
  await insertNodes(db, holder, [{ text, page: null, heading: null }], await languageOf(db, text));
  if (context.house.models.of('embedding').length > 0) await queueEmbedding(db, base);
  const hits = former?.hits_count ?? 0;
  if (hits > 0) await db('text_nodes').where('knowledge_base_faq_id', id).update({ hits_count: hits });
}

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

function missing(): Failure {
  return new Failure('not_found', 'There is no such FAQ.', { reason: { missing: 'record' } });
}
