import { Failure } from '../../contract/failure.ts';
import type { Collect, Endpoint, Resource } from '../endpoint.ts';
import { type Order, pageOf } from '../page.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { checkUrl } from '../webhooks/check_url.ts';
import { type InboxRow, inboxesOf, inboxOf } from './inbox_of.ts';

/** What of an inbox is no column. */
export interface InboxExtra {
  /** The web chat that it is. */
  channel: { id: string; name: string };
  chatbot: { id: string; name: string };
  unread_conversations_count: number;
}

interface Written {
  name: string;
  chatbot: string;
  access_type: string;
  webhook_url: string | null;
}

const orders: Record<string, Order> = {
  name: ['name'],
  '-name': ['name', 'desc'],
  createdAt: ['created_at'],
  '-createdAt': ['created_at', 'desc'],
};

/** Finds, makes, changes and deletes inboxes; `by`: which of its two ids names one. */
export const inboxResource = (by: 'id' | 'channel_id'): Resource<InboxRow> => ({
  async list(context, { query, page: { limit = 20, offset } }) {
    const found = inboxesOf(context);
    if (query.chatbot) found.where('chatbot_id', uuidIn('chatbot', String(query.chatbot)));
    if (query.channel_type) found.where('channel_type', String(query.channel_type));
    const order = orders[String(query.ordering)] ?? ['created_at'];
    return pageOf(found, [order, ['access_type'], ['id']], { limit, offset });
  },

  member: (context, { id }) => inboxOf(context, by, id),
  prepare: (context, { body }) => checkUrl(context, (body as Partial<Written>).webhook_url, 'webhook_url'),

  async create(context, { body }) {
    const { chatbot, ...written } = body as unknown as Written;
    const account_id = accountOf(context);
    const its = await context.db('chatbots').where({ account_id, id: chatbot }).forKeyShare().first('id');
    if (!its) throw wrong('chatbot', `Invalid pk "${chatbot}" - object does not exist.`);
    const [made] = await context
      .db('inboxes')
      .insert({ ...written, chatbot_id: chatbot, account_id })
      .returning('*');
    return made as InboxRow;
  },

  async update(context, { body }, { id }) {
    const { chatbot: _stays, ...changes } = body as Partial<Written>;
    const [row] = await inboxesOf(context)
      .where({ id })
      .update({ ...changes, updated_at: context.db.fn.now() } as never)
      .returning('*');
    return (row as InboxRow | undefined) ?? inboxOf(context, 'id', id);
  },

  async delete(context, _call, inbox) {
    // Two who delete the last two at once wait for each other here.
    await context.db('chatbots').where({ id: inbox.chatbot_id }).forUpdate().select('id');
    const others = await inboxesOf(context)
      .where({ chatbot_id: inbox.chatbot_id, access_type: inbox.access_type })
      .whereNot({ id: inbox.id })
      .limit(1);
    if (inbox.access_type === 'api' && others.length === 0)
      throw new Failure('conflict', 'This is the only inbox by which programs reach the chatbot.');
    await inboxesOf(context).where({ id: inbox.id }).delete();
    return inbox;
  },
});

const collect: Collect<InboxRow, InboxExtra> = {
  channel: (_context, rows) => rows.map(({ channel_id: id, name }) => ({ id, name })),
  async chatbot({ db }, rows) {
    const ids = rows.map(({ chatbot_id }) => chatbot_id);
    const found = await db('chatbots').whereIn('id', ids).select('id', 'name');
    const byId = new Map(found.map((one) => [one.id, one]));
    return ids.map((id) => byId.get(id));
  },
  async unread_conversations_count({ db }, rows) {
    const ids = rows.map(({ id }) => id);
    const counts: { inbox: string; unread: number }[] = await db('conversations as c')
      .whereIn('c.inbox_id', ids)
      .whereExists(
        db('messages as m')
          .whereRaw('m.conversation_id = c.id')
          .where('m.type', 'incoming')
          .whereRaw('(c.last_read_at is null or m.created_at > c.last_read_at)')
          .select(db.raw('1')),
      )
      .groupBy('c.inbox_id')
      .select('c.inbox_id as inbox', db.raw('count(*)::int as unread'));
    const byInbox = new Map(counts.map(({ inbox, unread }) => [inbox, unread]));
    return ids.map((id) => byInbox.get(id) ?? 0);
  },
};

const shown = ['id', 'name', 'channel_type', 'access_type', 'webhook_url', 'created_at', 'updated_at'] as const;
const collected = ['channel', 'chatbot', 'unread_conversations_count'] as const;

/** The inboxes of an account: the doors by which people reach its chatbots (docs/compat/maiagent.md: Inboxes). */
export const inboxes: Endpoint<InboxRow, InboxExtra> = {
  name: 'inboxes',
  resource: inboxResource('id'),
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...each([...shown, ...collected], viewer),
      ...each(['account_id', 'chatbot_id', 'channel_id', 'looks'], hidden),
    },
    write: { ...each(['name', 'webhook_url'], editor), ...each(['chatbot', 'access_type'], { create: editor }) },
    query: each(['chatbot', 'channel_type', 'ordering'], { list: viewer }),
    lenient: ['create', 'update'],
  },
  presenter: { default: [...shown, ...collected] },
  collect,
};

function uuidIn(field: string, text: string): string {
  if (isUuid(text)) return text;
  throw wrong(field, 'Must be a valid UUID.');
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
