import type { Conversation } from '../../../generated/tables.ts';
import type { Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { type MessageRow, messageColumns } from '../messages/message_row.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { conversationOf, conversationsOf, noSuch } from './conversation_of.ts';

/** What of a conversation is in other tables. */
export interface ConversationExtra {
  contact: { id: string; name: string; avatar: string | null; created_at: string };
  inbox: { id: string; name: string; channel_type: string };
  last_message: MessageRow | null;
  last_message_created_at: string | null;
  unread_messages_count: number;
  is_auto_reply_now: boolean;
  is_group_chat: boolean;
}

const resource: Resource<Conversation> = {
  member: (context, { id }) => conversationOf(context, id),

  async create(context, { body }) {
    const webChat = String(body.web_chat);
    const inbox = await context
      .db('inboxes')
      .where({ account_id: accountOf(context), channel_id: webChat })
      .first('id', 'chatbot_id');
    if (!inbox) throw noSuch('web_chat', webChat);
    const account_id = accountOf(context);
    const contact_id = context.db.raw<string>('(select id from contacts where account_id = ? and anonymous)', [
      account_id,
    ]);
    const row = { account_id, chatbot_id: inbox.chatbot_id, inbox_id: inbox.id, contact_id };
    const [made] = await context.db('conversations').insert(row).returning('*');
    return made as Conversation;
  },

  async update(context, { body }, conversation) {
    const changes = body as Partial<Conversation>;
    if (Object.keys(changes).length === 0) return conversation;
    const [row] = await conversationsOf(context).where({ id: conversation.id }).update(changes).returning('*');
    return row ?? conversationOf(context, conversation.id);
  },
};

const shown = [
  ...['id', 'contact', 'inbox', 'title', 'last_message', 'last_message_created_at', 'unread_messages_count'],
  ...['auto_reply_enabled', 'is_auto_reply_now', 'last_read_at', 'created_at', 'is_group_chat', 'enable_group_mention'],
] as const;
type Attribute = keyof (Conversation & ConversationExtra);
const ours = ['account_id', 'chatbot_id', 'inbox_id', 'contact_id', 'last_message_at'] as const;

/** The conversations of an account (docs/compat/maiagent.md: Conversations). A surface shows their last messages. */
export const conversations: Endpoint<Conversation, ConversationExtra> = {
  name: 'conversations',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor },
    read: { ...each(shown as readonly Attribute[], viewer), ...each(ours, hidden) },
    write: {
      web_chat: { create: editor },
      ...each(['auto_reply_enabled', 'enable_group_mention'], { update: editor }),
    },
    query: {},
    lenient: ['create', 'update'],
  },
  presenter: { default: shown as readonly Attribute[] },
  collect: {
    async contact({ db }, rows) {
      const found = await db('contacts')
        .whereIn(
          'id',
          rows.map(({ contact_id }) => contact_id),
        )
        .select('id', 'name', 'avatar', 'created_at');
      return matched(
        found,
        rows.map(({ contact_id }) => contact_id),
      );
    },
    async inbox({ db }, rows) {
      const found = await db('inboxes')
        .whereIn(
          'id',
          rows.map(({ inbox_id }) => inbox_id),
        )
        .select('id', 'name', 'channel_type');
      return matched(
        found,
        rows.map(({ inbox_id }) => inbox_id),
      );
    },
    last_message: lastMessages,
    last_message_created_at: (_context, rows) => rows.map(({ last_message_at }) => last_message_at),
    async unread_messages_count({ db }, rows) {
      const counts: { id: string; unread: number }[] = await db('messages as m')
        .join('conversations as c', 'c.id', 'm.conversation_id')
        .whereIn(
          'c.id',
          rows.map(({ id }) => id),
        )
        .where('m.type', 'incoming')
        .whereRaw('(c.last_read_at is null or m.created_at > c.last_read_at)')
        .groupBy('c.id')
        .select('c.id', db.raw('count(*)::int as unread'));
      const byId = new Map(counts.map(({ id, unread }) => [id, unread]));
      return rows.map(({ id }) => byId.get(id) ?? 0);
    },
    is_auto_reply_now: (_context, rows) => rows.map(({ auto_reply_enabled }) => auto_reply_enabled),
    is_group_chat: (_context, rows) => rows.map(() => false),
  },
};

function matched<Found extends { id: string }>(found: readonly Found[], ids: readonly string[]) {
  const byId = new Map(found.map((one) => [one.id, one]));
  return ids.map((id) => byId.get(id));
}

async function lastMessages({ db }: Context, rows: readonly Conversation[]): Promise<(MessageRow | null)[]> {
  const found = (await db('messages')
    .whereIn(
      'conversation_id',
      rows.map(({ id }) => id),
    )
    .distinctOn('conversation_id')
    .orderBy([{ column: 'conversation_id' }, { column: 'id', order: 'desc' }])
    .select(messageColumns)) as MessageRow[];
  const byConversation = new Map(found.map((message) => [message.conversation_id, message]));
  return rows.map(({ id }) => byConversation.get(id) ?? null);
}
