import { Failure } from '../../contract/failure.ts';
import { storedJson, writeJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import type { Resource } from '../endpoint.ts';
import { resource as knowledgeBases } from '../knowledge_bases/resource.ts';
import { pageOf } from '../page.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { checkUrl } from '../webhooks/check_url.ts';
import { type ChatbotRow, chatbotOf, chatbotsOf } from './chatbot_of.ts';
import { openDoors } from './doors.ts';
import { setKnowledge } from './knowledge.ts';
import { isChoice, rag } from './model_choice.ts';

type Written = Partial<ChatbotRow> & { knowledge_bases?: { id: string }[] };

export const resource: Resource<ChatbotRow> = {
  async list(context, { query, page: { limit = 20, offset } }) {
    const found = chatbotsOf(context);
    if (query.query) found.whereRaw('strpos(lower(name), lower(?)) > 0', [String(query.query)]);
    if (query.reply_mode) found.where('reply_mode', String(query.reply_mode));
    if (query.large_language_model) found.where('large_language_model', uuidIn(String(query.large_language_model)));
    return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
  },

  member: (context, { id }) => chatbotOf(context, id),
  prepare: (context, { body }) => checkUrl(context, (body as Written).webhook_url, 'webhook_url'),

  async create(context, { body }) {
    const { knowledge_bases: bases = [], ...written } = body as Written;
    const row = { rag: rag.id, ...columns(context, written), account_id: accountOf(context) };
    const [made] = (await context.db('chatbots').insert(row).returning('*')) as ChatbotRow[];
    const chatbot = made as ChatbotRow;
    await openDoors(context, chatbot);
    await setKnowledge(context, chatbot.id, bases);
    return chatbot;
  },

  async update(context, { body }, { id }) {
    const { knowledge_bases: bases, ...written } = body as Written;
    const changes = { ...columns(context, written), updated_at: context.db.fn.now() };
    const [row] = await chatbotsOf(context).where({ id }).update(changes).returning('*');
    if (bases) await setKnowledge(context, id, bases);
    return row ? (row as ChatbotRow) : chatbotOf(context, id);
  },

  async delete(context, call, chatbot) {
    const own = await context.db('knowledge_bases').where({ faqs_of: chatbot.id }).first();
    if (own) await knowledgeBases.delete?.(context, call, own);
    await chatbotsOf(context).where({ id: chatbot.id }).delete();
    return chatbot;
  },
};

/** The most that a JSON Schema may take, in bytes. */
const longestSchema = 16 * 1024;

/** What is written as the columns keep it. Throws `invalid` for a model that is not there, and a schema that is too long. */
function columns(
  { house }: Context,
  { rag: way, raw_output_format: schema, ...others }: Omit<Written, 'knowledge_bases'>,
) {
  const { large_language_model: model } = others;
  if (model !== undefined && !isChoice(house, model)) throw wrong('large_language_model', missing(model));
  if (way && way !== rag.id) throw wrong('rag', missing(way));
  if (schema && Buffer.byteLength(writeJson(schema)) > longestSchema)
    throw wrong('raw_output_format', `Ensure this field has no more than ${longestSchema} bytes of JSON.`);
  return { ...others, ...(schema !== undefined && { raw_output_format: schema && storedJson(schema) }) };
}

const missing = (id: string) => `Invalid pk "${id}" - object does not exist.`;

function uuidIn(text: string): string {
  if (isUuid(text)) return text;
  throw wrong('large_language_model', 'Must be a valid UUID.');
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
