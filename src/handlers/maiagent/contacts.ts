import { broadcast, mayBroadcast } from '../../core/contacts/broadcast.ts';
import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { webChats } from '../../core/inboxes/web_chats.ts';
import { permitting } from '../permitting.ts';

export const broadcastMessage = Object.assign(broadcast, { permits: mayBroadcast });

const all = act(webChats, 'list');

/** All web chats, without pages (docs/compat/maiagent.md: Inboxes). */
export const listWebChats = permitting(webChats, 'list', async (context: Context, call: Call) => {
  const { rows } = await all(context, { ...call, query: {}, page: { limit: 1_000, offset: 0, order: [] } });
  return rows;
});
