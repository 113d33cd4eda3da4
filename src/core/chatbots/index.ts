import type { Collect, Endpoint } from '../endpoint.ts';
import { type ShownModel, shownModel } from '../models/shown_models.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import type { ChatbotRow } from './chatbot_of.ts';
import { apiWebChats } from './doors.ts';
import { type KnowledgeBaseRef, knowledgeOf } from './knowledge.ts';
import { rag, shownChoice } from './model_choice.ts';
import { resource } from './resource.ts';

/** What of a chatbot is no column. What is not kept here is empty. */
export interface ChatbotExtra {
  knowledge_bases: KnowledgeBaseRef[];
  api_web_chat_id: string;
  built_in_workflow: null;
  workflow: null;
  organization: null;
  database_url: null;
  database_type: null;
  databases: never[];
  groups: never[];
  toolkits: never[];
  tools: never[];
  include_tables: never[];
}

const written = [
  ...['name', 'large_language_model', 'rag', 'embedding_model', 'reranker_model', 'instructions', 'reply_mode'],
  ...['template', 'unanswerable_template', 'output_mode', 'raw_output_format', 'agent_mode', 'temperature'],
  ...['max_tokens', 'number_of_retrieved_chunks', 'enable_chinese_conversion', 'webhook_url'],
] as const;
type Column = keyof ChatbotRow;
const columns = written as readonly Column[];
const nothing = ['built_in_workflow', 'workflow', 'organization', 'database_url', 'database_type'] as const;
const nobody = ['databases', 'groups', 'toolkits', 'tools', 'include_tables'] as const;
const times = ['created_at', 'updated_at'] as const;
const collected = ['knowledge_bases', 'api_web_chat_id', ...nothing, ...nobody] as const;
const shown = ['id', ...columns, 'total_words_count', ...collected, ...times] as const;

const none = (_context: unknown, rows: readonly unknown[]) => rows.map(() => null);
const empty = (_context: unknown, rows: readonly unknown[]): never[][] => rows.map(() => []);

const collect: Collect<ChatbotRow, ChatbotExtra> = {
  knowledge_bases: (context, rows) =>
    knowledgeOf(
      context,
      rows.map(({ id }) => id),
    ),
  async api_web_chat_id(context, rows) {
    const ids = rows.map(({ id }) => id);
    const chats = await apiWebChats(context, ids);
    return ids.map((id) => chats.get(id));
  },
  ...{ built_in_workflow: none, workflow: none, organization: none, database_url: none, database_type: none },
  ...{ databases: empty, groups: empty, toolkits: empty, tools: empty, include_tables: empty },
};

/** The chatbots of an account (docs/compat/maiagent.md: Chatbots). What else may be sent with one is dropped. */
export const chatbots: Endpoint<ChatbotRow, ChatbotExtra> = {
  name: 'chatbots',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...(each(shown, viewer) as Record<keyof (ChatbotRow & ChatbotExtra), typeof viewer>),
      ...each(['account_id', 'speaker'], hidden),
    },
    write: each([...written, 'knowledge_bases'], editor),
    query: each(['query', 'reply_mode', 'large_language_model'], { list: viewer }),
    lenient: ['create', 'update'],
  },
  presenter: { default: shown },
  collect,
};

type ModelColumn = 'large_language_model' | 'rag' | 'embedding_model' | 'reranker_model';
type ListedRow = Omit<ChatbotRow, ModelColumn>;

/** Models as lists have them: objects. */
export interface ListedExtra {
  large_language_model: ShownModel;
  rag: ShownModel & { is_embedding_model_selectable: boolean; is_reranker_model_selectable: boolean };
  embedding_model: ShownModel;
  reranker_model: ShownModel;
}

const models: Collect<ChatbotRow, ListedExtra> = {
  large_language_model: ({ house }, rows) => rows.map((row) => shownChoice(house, row.large_language_model)),
  rag: ({ house: { models } }, rows) =>
    rows.map(() => ({
      ...rag,
      is_embedding_model_selectable: models.of('embedding').length > 0,
      is_reranker_model_selectable: models.of('rerank').length > 0,
    })),
  embedding_model: ({ house }, rows) => rows.map((row) => shownModel(house, 'embedding', row.embedding_model)),
  reranker_model: ({ house }, rows) => rows.map((row) => shownModel(house, 'rerank', row.reranker_model)),
};

const listed = ['id', 'name', 'reply_mode', 'agent_mode', 'enable_chinese_conversion', 'updated_at'] as const;
const modelColumns = ['large_language_model', 'rag', 'embedding_model', 'reranker_model'] as const;

/** The same chatbots, as lists have them. */
export const listedChatbots = {
  ...chatbots,
  presenter: { default: [...listed, ...modelColumns] },
  collect: models,
} as unknown as Endpoint<ListedRow, ListedExtra>;
