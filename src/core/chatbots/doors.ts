import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';

/** What stands for everybody who says no name. */
const anonymous = 'Anonymous';

/** Gives a new chatbot its inboxes, one for the API and one for the web; and the account somebody who has no name. */
export async function openDoors(context: Context, { id, name }: { id: string; name: string }): Promise<void> {
  const account_id = accountOf(context);
  const doors = (['api', 'web'] as const).map((access_type) => ({ account_id, chatbot_id: id, name, access_type }));
  await context.db('inboxes').insert(doors);
  await context
    .db('contacts')
    .insert({ account_id, name: anonymous, anonymous: true })
    .onConflict(context.db.raw('(account_id) where anonymous') as never)
    .ignore();
}

/** The web chats of conversations that begin with a completion, of each chatbot. */
export async function apiWebChats({ db }: Context, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db('inboxes')
    .whereIn('chatbot_id', ids)
    .where('access_type', 'api')
    .orderBy('created_at', 'desc')
    .select('chatbot_id', 'channel_id');
  return new Map(rows.map(({ chatbot_id, channel_id }) => [chatbot_id, channel_id]));
}
