import { Failure } from '../../contract/failure.ts';
import type { AttachmentRow } from '../attachments/resource.ts';
import { hold } from '../completions/hold.ts';
import type { Context } from '../context.ts';
import { namedConversation } from '../conversations/conversation_of.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { tellAnswers } from '../webhooks/tell_answers.ts';
import { type AttachmentRef, enclose, enclosedWith, namedAttachments } from './enclosures.ts';
import { type MessageRow, stored, titleOf } from './message_row.ts';
import { type Speaker, speakersOf } from './speakers.ts';

/** What of a message is in other tables. */
export interface MessageExtra {
  sender: Speaker;
  attachments: AttachmentRow[];
}

interface Written {
  conversation: string;
  content: string;
  attachments?: AttachmentRef[];
  content_payload?: Record<string, unknown> | null;
  query_metadata?: Record<string, unknown> | null;
  metadata?: Record<string, unknown> | null;
}

/** The messages of the caller's account: no others are there. */
export const messagesOf = (context: Context) =>
  context
    .db('messages')
    .join('conversations', 'conversations.id', 'messages.conversation_id')
    .where('conversations.account_id', accountOf(context));

async function messageOf(context: Context, id = ''): Promise<MessageRow> {
  const found = isUuid(id) && (await messagesOf(context).where('messages.public_id', id).first('messages.*'));
  if (found) return found as MessageRow;
  throw new Failure('not_found', 'There is no such message.', { reason: { missing: 'record' } });
}

const resource: Resource<MessageRow> = {
  member: (context, { id }) => messageOf(context, id),

  async create(context, { body, format }) {
    const { conversation: id, content, attachments = [], ...more } = body as unknown as Written;
    const conversation = await namedConversation(context, id);
    const enclosed = await namedAttachments(context, attachments, ['attachments']);
    const type = format === 'outgoing' ? 'outgoing' : 'incoming';
    const isAsked = type === 'incoming' && conversation.auto_reply_enabled;
    await context.db('conversations').where({ id }).forUpdate().select('id');
    const row = {
      ...{ conversation_id: id, type, content, ...(isAsked && hold(context.principal)) },
      content_payload: stored(more.content_payload),
      query_metadata: stored(more.query_metadata),
      metadata: stored(more.metadata),
    };
    const [made] = await context.db('messages').insert(row).returning('*');
    const message = made as MessageRow;
    await enclose(context, message.id, enclosed);
    if (type === 'outgoing') await tellAnswers(context, [message.id]);
    const began = conversation.title === '' && type === 'incoming' ? { title: titleOf(content) } : {};
    await context
      .db('conversations')
      .where({ id })
      .update({ ...began, last_message_at: message.created_at });
    return message;
  },

  async update(context, { body }, message) {
    if (body.feedback === undefined) return message;
    const feedback = (body.feedback || null) as MessageRow['feedback'];
    const [row] = await context.db('messages').where({ id: message.id }).update({ feedback }).returning('*');
    return (row as MessageRow | undefined) ?? messageOf(context, message.public_id);
  },
};

const shown = [
  'public_id',
  'conversation_id',
  'sender',
  'type',
  'content',
  'feedback',
  'created_at',
  'attachments',
  'citations',
] as const;
const ours = [
  ...[
    'id',
    'content_payload',
    'query_metadata',
    'metadata',
    'state',
    'held_until',
    'answers',
    'model',
    'broken',
    'error',
  ],
  ...['input_tokens', 'output_tokens', 'milliseconds', 'contact_id', 'unattended', 'attempts', 'key_uuid'],
] as const;

/** What was said in the conversations of an account (docs/compat/maiagent.md: Conversations). */
export const messages: Endpoint<MessageRow, MessageExtra> = {
  name: 'messages',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor },
    read: { ...each(shown, viewer), ...each(ours as readonly (keyof MessageRow)[], hidden) } as never,
    write: {
      ...each(['conversation', 'content', 'attachments', 'content_payload', 'query_metadata', 'metadata'], {
        create: editor,
      }),
      feedback: { update: editor },
    },
    query: {},
    lenient: ['create', 'update'],
  },
  presenter: { default: shown },
  collect: {
    sender: speakersOf,
    async attachments(context, rows) {
      const byMessage = await enclosedWith(
        context,
        rows.map(({ id }) => id),
      );
      return rows.map(({ id }) => byMessage.get(id) ?? []);
    },
  },
};
