import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { type FaqExtra, faqs } from '../knowledge_bases/faqs.ts';
import type { LabelRef } from '../knowledge_bases/label_refs.ts';
import { defaultModels } from '../knowledge_bases/resource.ts';
import type { FaqRow } from '../knowledge_bases/write_faq.ts';
import { pageOf } from '../page.ts';
import { accountOf, editor, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { type ChatbotRow, chatbotOf, chatbotsOf } from './chatbot_of.ts';

/** The FAQs of the chatbots of an account, or of one of them: those of the knowledge bases that are a chatbot's own. */
function ownFaqs(context: Context, chatbot?: string) {
  const bases = context.db('knowledge_bases').where('account_id', accountOf(context)).select('id');
  return context
    .db('knowledge_base_faqs')
    .whereIn('knowledge_base_id', chatbot ? bases.where('faqs_of', chatbot) : bases.whereNotNull('faqs_of'));
}

/** The knowledge base of a chatbot's own FAQs, which is made with the first of them; nobody deletes it meanwhile. */
async function ownBase(context: Context, { id, name }: ChatbotRow): Promise<KnowledgeBase> {
  const { db } = context;
  const account_id = accountOf(context);
  // Two who write the first one at once get one knowledge base.
  await chatbotsOf(context).where({ id }).forUpdate().select('id');
  const there = await db('knowledge_bases').where({ account_id, faqs_of: id }).forKeyShare().first();
  if (there) return there as KnowledgeBase;
  const [made] = await db('knowledge_bases')
    .insert({ ...defaultModels, account_id, name, faqs_of: id })
    .returning('*');
  await db('chatbot_knowledge_bases').insert({ chatbot_id: id, knowledge_base_id: String(made?.id) });
  return made as KnowledgeBase;
}

/** Labels that are named and not there yet are made: a chatbot has no other place to make them. */
async function makeLabels({ db }: Context, base: string, labels: readonly LabelRef[] = []): Promise<void> {
  const names = labels.flatMap(({ id, name }) => (id === undefined && name !== undefined ? [name] : []));
  const rows = [...new Set(names)].map((name) => ({ knowledge_base_id: base, name }));
  if (rows.length > 0)
    await db('knowledge_base_labels').insert(rows).onConflict(['knowledge_base_id', 'name']).ignore();
}

/** The chatbot that is in the path, or in the body. Throws `invalid` for one in the body that is not there. */
async function chatbotIn(context: Context, { body }: Call, above: ChatbotRow | undefined): Promise<ChatbotRow> {
  const id = String(body.chatbot ?? '');
  const found = above ?? (isUuid(id) && ((await chatbotsOf(context).where({ id }).first()) as ChatbotRow | undefined));
  if (found) return found;
  const sentence =
    body.chatbot === undefined ? 'This field is required.' : `Invalid pk "${id}" - object does not exist.`;
  throw new Failure('invalid', sentence, { fields: { chatbot: [sentence] } });
}

const resource: Resource<FaqRow, ChatbotRow> = {
  parent: chatbotOf,

  async list(context, { query, page: { limit = 20, offset } }, above) {
    const asked = query.chatbot ? String(query.chatbot) : undefined;
    if (asked && !isUuid(asked))
      throw new Failure('invalid', 'Must be a valid UUID.', { fields: { chatbot: ['Must be a valid UUID.'] } });
    const found = ownFaqs(context, above?.id ?? asked);
    if (query.query) found.whereRaw(`strpos(lower(question || ' ' || answer), lower(?)) > 0`, [String(query.query)]);
    return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
  },

  async member(context, { id = '' }, above) {
    const faq = isUuid(id) && (await ownFaqs(context, above?.id).where({ id }).first());
    if (faq) return faq as FaqRow;
    throw new Failure('not_found', 'There is no such FAQ.', { reason: { missing: 'record' } });
  },

  async create(context, call, above) {
    const chatbot = await chatbotIn(context, call, above);
    const base = await ownBase(context, chatbot);
    const { chatbot: _named, ...body } = call.body;
    await makeLabels(context, base.id, body.labels as LabelRef[] | undefined);
    return (await faqs.resource.create?.(context, { ...call, body }, base, undefined)) as FaqRow;
  },

  async update(context, call, faq) {
    const { chatbot: _stays, ...body } = call.body;
    await makeLabels(context, faq.knowledge_base_id, body.labels as LabelRef[] | undefined);
    return (await faqs.resource.update?.(context, { ...call, body }, faq, undefined)) as FaqRow;
  },

  delete: async (context, call, faq) => (await faqs.resource.delete?.(context, call, faq)) as FaqRow,
};

/** What of a chatbot's FAQ is in other tables. */
export interface ChatbotFaqExtra extends FaqExtra {
  chatbot: string;
}

/** The FAQs of chatbots: each a piece of what its chatbot answers from (docs/compat/maiagent.md: Chatbots). */
export const chatbotFaqs: Endpoint<FaqRow, ChatbotFaqExtra, ChatbotRow> = {
  ...faqs,
  resource,
  policy: {
    ...faqs.policy,
    read: { ...faqs.policy.read, chatbot: viewer },
    write: { ...faqs.policy.write, chatbot: editor },
    query: { query: viewer, chatbot: viewer },
    lenient: ['create', 'update'],
  },
  presenter: { default: [...faqs.presenter.default, 'chatbot'] },
  collect: {
    ...faqs.collect,
    async chatbot({ db }, rows) {
      const ids = rows.map(({ knowledge_base_id }) => knowledge_base_id);
      const found = await db('knowledge_bases').whereIn('id', ids).select('id', 'faqs_of');
      const byBase = new Map(found.map(({ id, faqs_of }) => [id, faqs_of as string]));
      return ids.map((id) => byBase.get(id) as string);
    },
  },
};

/** Deletes several FAQs of a chatbot at once; those that are not its own are passed over. */
export async function deleteChatbotFaqs(
  context: Context,
  { parentId = '', body }: Call<unknown, { ids: string[] }>,
): Promise<void> {
  const { id } = await chatbotOf(context, parentId);
  await ownFaqs(context, id).whereRaw('id = any(?::uuid[])', [body.ids]).delete();
}
