import type { KnowledgeBaseFaq } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { queueEmbedding } from '../ingestion/embed_nodes.ts';
import { accountOf } from '../rules.ts';
import { insertNodes } from '../text_nodes/insert_nodes.ts';
import { languageOf } from '../text_nodes/languages.ts';
import { type LabelRef, labelsNamed, unknownLabel } from './label_refs.ts';
import { metadataMistake } from './mistakes.ts';

/** A FAQ, as its table has it. */
export type FaqRow = Omit<KnowledgeBaseFaq, 'raw_user_define_metadata'> & {
  raw_user_define_metadata: Record<string, unknown>;
};

/** What is sent of a FAQ. */
export interface FaqBody {
  question?: string;
  answer?: string;
  labels?: LabelRef[];
  raw_user_define_metadata?: Record<string, unknown>;
}

/** Writes a FAQ and its labels, and has it found by what it says now. Throws `invalid`, and `not_found` where it has gone. */
export async function writeFaq(
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
  if (!faq) throw noFaq();
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

/** There is no such FAQ, or no more. */
export function noFaq(): Failure {
  return new Failure('not_found', 'There is no such FAQ.', { reason: { missing: 'record' } });
}
