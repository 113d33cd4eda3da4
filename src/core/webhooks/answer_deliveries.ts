import type { AnswerDelivery } from '../../../generated/tables.ts';
import { type ChatbotRow, chatbotOf } from '../chatbots/chatbot_of.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf } from '../page.ts';
import { each, hidden, viewer } from '../rules.ts';

interface Extra {
  chatbot: { id: string; name: string };
  request_body: unknown;
  /** The beginning of what came back, or why nothing did. */
  response: string;
  status_code: number | null;
}

const columns = ['id', 'url', 'created_at'] as const;
const collected = ['chatbot', 'request_body', 'response', 'status_code'] as const;

/** Each attempt to tell somebody of an answer of a chatbot, the newest first. */
export const answerDeliveries: Endpoint<AnswerDelivery, Extra, ChatbotRow> = {
  name: 'webhook_records',
  resource: {
    parent: chatbotOf,
    list: (context, { page: { limit = 20, offset } }, chatbot) =>
      pageOf(context.db('answer_deliveries').where('chatbot_id', chatbot?.id ?? ''), [['created_at', 'desc'], ['id']], {
        limit,
        offset,
      }),
  },
  policy: {
    action: { list: viewer },
    read: {
      ...each([...columns, ...collected], viewer),
      ...each(['message_id', 'chatbot_id', 'body', 'attempt', 'status', 'answer', 'error'], hidden),
    },
    write: {},
    query: {},
  },
  presenter: { default: [...columns, ...collected] },
  collect: {
    async chatbot({ db }, rows) {
      const found = await db('chatbots')
        .whereIn(
          'id',
          rows.map(({ chatbot_id }) => chatbot_id),
        )
        .select('id', 'name');
      return rows.map(({ chatbot_id }) => found.find(({ id }) => id === chatbot_id) as { id: string; name: string });
    },
    request_body: (_context, rows) => rows.map(({ body }) => JSON.parse(body)),
    response: (_context, rows) => rows.map(({ answer, error }) => answer ?? error ?? ''),
    status_code: (_context, rows) => rows.map(({ status }) => status),
  },
};
