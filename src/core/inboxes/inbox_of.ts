import type { Inbox } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** An inbox: a row of `inboxes`, with its words as what they are. */
export type InboxRow = Omit<Inbox, 'channel_type' | 'access_type' | 'looks'> & {
  channel_type: 'web' | 'line' | 'telegram' | 'messenger';
  access_type: 'web' | 'admin' | 'api';
  looks: Record<string, unknown>;
};

/** The inboxes of the caller's account: no others are there. */
export const inboxesOf = (context: Context) => context.db('inboxes').where('inboxes.account_id', accountOf(context));

/** One inbox of the caller's account, by its own id or by that of its web chat. Throws `not_found`, also for what is no UUID. */
export async function inboxOf(context: Context, by: 'id' | 'channel_id', id = ''): Promise<InboxRow> {
  const inbox =
    isUuid(id) &&
    (await inboxesOf(context)
      .where({ [by]: id })
      .first());
  if (inbox) return inbox as InboxRow;
  throw new Failure('not_found', 'There is no such inbox.', { reason: { missing: 'record' } });
}
