import type { Conversation } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { cancelAnswers, mayCancel } from '../../core/completions/cancel_answers.ts';
import type { Call, Context } from '../../core/context.ts';
import { conversationsOf } from '../../core/conversations/conversation_of.ts';
import { type ConversationExtra, conversations } from '../../core/conversations/index.ts';
import { show } from '../../core/endpoint.ts';
import { type KeysetPage, keysetPage } from '../../core/keyset.ts';
import { type MessageExtra, messages, messagesOf } from '../../core/messages/index.ts';
import type { MessageRow } from '../../core/messages/message_row.ts';
import { isUuid } from '../../core/uuid.ts';
import { permitting } from '../permitting.ts';
import { citationsOf } from './citations.ts';
import { fileUrl } from './file_url.ts';
import { CursorPage, doing, sizeOf } from './pages.ts';

type Talk = Conversation & ConversationExtra;
type Message = MessageRow & MessageExtra;

/** Conversations as this surface shows them. */
export const shownTalk = async (context: Context, talks: readonly Talk[], call: Call) => {
  const said = talks.flatMap(({ last_message }) => last_message ?? []);
  const shown = await show(messages, 'detail', context, said, call);
  const byId = new Map(shownMessages(context, shown).map((message) => [message.id, message]));
  return talks.map((talk) => ({ ...talk, last_message: byId.get(talk.last_message?.public_id ?? '') ?? null }));
};

/** Messages as this surface shows them. */
export const shownMessages = (context: Context, rows: readonly Message[]) =>
  rows.map(({ public_id, conversation_id, citations, attachments, ...row }) => ({
    ...row,
    id: public_id,
    conversation: conversation_id,
    attachments: attachments.map(({ id, type, filename, file_id }) => ({
      ...{ id, type, filename, file: fileUrl(context, { id: file_id, name: filename }) },
    })),
    ...citationsOf(context, citations),
  }));

const only = <Row>([row]: Row[]) => row as Row;

/** An action on one conversation, as this surface shows it. */
export const talking = (action: 'detail' | 'create' | 'update') => {
  const work = doing(conversations, action);
  return Object.assign(
    async (context: Context, call: Call) => only(await shownTalk(context, [await work(context, call)], call)),
    work,
  );
};

/** An action on one message, as this surface shows it; `format`: who says it. */
export const saying = (action: 'detail' | 'create' | 'update', format?: 'outgoing') => {
  const work = doing(messages, action);
  const say = async (context: Context, call: Call) => {
    const said = await work(context, { ...call, ...(format && { format }) });
    if (action === 'create' && format === undefined) context.house.underWay.unattended.emit('question');
    return only(shownMessages(context, [said]));
  };
  return Object.assign(say, work);
};

/** A list that is followed by a cursor (docs/compat/maiagent.md: Pages). Throws `not_found` for a cursor that is none. */
async function cursorPage<Row extends object>(
  context: Context,
  found: Parameters<typeof keysetPage>[1],
  { query, list }: { query: Record<string, unknown>; list: string },
): Promise<KeysetPage<Row>> {
  const by: [string, string][] =
    list === 'messages'
      ? [['messages.id', 'bigint']]
      : [
          ['conversations.created_at', 'timestamptz'],
          ['conversations.id', 'uuid'],
        ];
  const cursor = query.cursor ? String(query.cursor) : undefined;
  return keysetPage<Row>(context.house, found, {
    list,
    by,
    descending: true,
    limit: sizeOf(query.page_size),
    cursor,
  }).catch((thrown: unknown) => {
    throw thrown instanceof Failure && thrown.fields?.cursor ? invalidCursor() : thrown;
  });
}

const invalidCursor = () => new Failure('not_found', 'Invalid cursor', { reason: { missing: 'page' } });

export const listConversations = permitting(conversations, 'list', async (context: Context, call: Call) => {
  const { inbox } = call.query;
  const found = conversationsOf(context).select('conversations.*');
  if (inbox) found.where('inbox_id', uuidIn('inbox', String(inbox)));
  const page = await cursorPage<Conversation>(context, found, { query: call.query, list: 'conversations' });
  const rows = await show(conversations, 'list', context, page.rows, call);
  const { next, previous } = page;
  return new CursorPage({ next, previous, rows: await shownTalk(context, rows, call) });
});

export const listMessages = permitting(messages, 'list', async (context: Context, call: Call) => {
  const conversation = call.query.conversation || call.query.conversation_id;
  const found = messagesOf(context).select('messages.*');
  if (conversation) found.where('conversation_id', uuidIn('conversation', String(conversation)));
  const page = await cursorPage<MessageRow>(context, found, { query: call.query, list: 'messages' });
  const rows = await show(messages, 'list', context, page.rows, call);
  return new CursorPage({ ...page, rows: shownMessages(context, rows) });
});

export const cancelAnswersOf = Object.assign(
  async (context: Context, { id = '' }: Call) => ({ cancelled: await cancelAnswers(context, id) }),
  { permits: mayCancel },
);

function uuidIn(field: string, text: string): string {
  if (isUuid(text)) return text;
  const sentence = 'Must be a valid UUID.';
  throw new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
