import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { rowsHeld } from '../rows_held.ts';
import { rowsPerOwner } from '../rows_per_owner.ts';

/** A knowledge base as whoever answers from it knows it. */
export interface KnowledgeBaseRef {
  id: string;
  name: string;
}

/** Has a chatbot answer from these knowledge bases and from no others but that of its own FAQs. Throws `invalid` for one that the account has not. */
export async function setKnowledge(context: Context, chatbotId: string, refs: readonly { id: string }[]) {
  const { db } = context;
  const ids = [...new Set(refs.map(({ id }) => id))];
  const there = await rowsHeld(context, 'knowledge_bases', ids);
  if (there.size < ids.length) throw unknown(refs, there);
  const own = db('knowledge_bases').where('faqs_of', chatbotId).select('id');
  await db('chatbot_knowledge_bases').where('chatbot_id', chatbotId).whereNotIn('knowledge_base_id', own).delete();
  const rows = ids.map((id) => ({ chatbot_id: chatbotId, knowledge_base_id: id }));
  if (rows.length > 0) await db('chatbot_knowledge_bases').insert(rows).onConflict().ignore();
}

function unknown(refs: readonly { id: string }[], there: ReadonlySet<string>): Failure {
  const errors = refs.map(
    ({ id }): Record<string, string[]> =>
      there.has(id) ? {} : { id: [`Invalid pk "${id}" - object does not exist.`] },
  );
  return new Failure('invalid', 'There is no such knowledge base.', {
    reason: { items: { field: 'knowledge_bases', errors } },
  });
}

/** The knowledge bases of chatbots, by name: by one statement for all of them. */
export async function knowledgeOf({ db }: Context, ids: readonly string[]): Promise<KnowledgeBaseRef[][]> {
  const rows = await db('chatbot_knowledge_bases as j')
    .join('knowledge_bases as b', 'b.id', 'j.knowledge_base_id')
    .whereIn('j.chatbot_id', ids)
    .orderBy(['b.name', 'b.id'])
    .select('j.chatbot_id as owner', 'b.id', 'b.name');
  return rowsPerOwner<KnowledgeBaseRef>(ids, rows);
}
