import type { Conversation } from '../../../generated/tables.ts';
import { conversationsOf } from '../conversations/conversation_of.ts';
import type { ConversationExtra } from '../conversations/index.ts';
import { conversations } from '../conversations/index.ts';
import type { Endpoint } from '../endpoint.ts';
import { each, viewer } from '../rules.ts';
import { type ContactRow, contactOf } from './contact_of.ts';
import { uuidsIn } from './resource.ts';

/** The conversations of a contact, that in which somebody spoke last first. */
export const conversationsOfContact: Endpoint<Conversation, ConversationExtra, ContactRow> = {
  ...conversations,
  resource: {
    parent: contactOf,
    async list(context, { query, page: { limit = 20, offset } }, contact) {
      const found = conversationsOf(context).where('contact_id', contact?.id ?? '');
      if (query.inboxes) found.whereIn('inbox_id', uuidsIn('inboxes', String(query.inboxes)));
      if (query.keyword)
        found.whereExists(
          context
            .db('messages as m')
            .whereRaw('m.conversation_id = conversations.id and strpos(lower(m.content), lower(?)) > 0', [
              String(query.keyword).normalize('NFC'),
            ])
            .select('m.id'),
        );
      const [counted] = await found.clone().count({ count: '*' });
      const rows = await found
        .select('conversations.*')
        .orderByRaw('coalesce(last_message_at, created_at) desc, id')
        .limit(limit)
        .offset(offset);
      return { rows: rows as Conversation[], count: Number(counted?.count), limit, offset };
    },
  },
  policy: { ...conversations.policy, query: each(['keyword', 'inboxes'], { list: viewer }) },
};
