import { Failure } from '../../contract/failure.ts';
import { broadcast, mayBroadcast } from '../../core/contacts/broadcast.ts';
import { conversationsOfContact } from '../../core/contacts/conversations_of_contact.ts';
import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { webChats } from '../../core/inboxes/web_chats.ts';
import { permitting } from '../permitting.ts';
import { shownTalk } from './conversations.ts';
import { listing } from './pages.ts';

export const broadcastMessage = Object.assign(broadcast, { permits: mayBroadcast });

const chats = act(webChats, 'list');

/** All web chats, without pages (docs/compat/maiagent.md: Inboxes). */
export const listWebChats = permitting(webChats, 'list', async (context: Context, call: Call) => {
  const { rows } = await chats(context, { ...call, query: {}, page: { limit: 1_000, offset: 0, order: [] } });
  return rows;
});

const pages = listing(conversationsOfContact);

export const listContactConversations = permitting(
  conversationsOfContact,
  'list',
  async (context: Context, call: Call) => {
    const page = await pages(context, call);
    return { ...page, rows: await shownTalk(context, page.rows, call) };
  },
);

const talks = act(conversationsOfContact, 'list');

/** The latest of them. Throws `not_found` where there is none. */
export const getLatestConversation = permitting(
  conversationsOfContact,
  'list',
  async (context: Context, call: Call) => {
    const { rows } = await talks(context, { ...call, page: { limit: 1, offset: 0, order: [] } });
    const [latest] = await shownTalk(context, rows, call);
    if (latest) return latest;
    throw new Failure('not_found', 'There is no conversation yet.', { reason: { missing: 'record' } });
  },
);
