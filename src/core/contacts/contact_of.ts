import type { Contact } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** A contact: a row of `contacts`, with its JSON as what it is. */
export type ContactRow = Omit<Contact, 'query_metadata'> & { query_metadata: Record<string, unknown> | null };

/** The contacts of the caller's account that have a name and are not deleted: no others are there. */
export const contactsOf = (context: Context) =>
  context
    .db('contacts')
    .where({ account_id: accountOf(context), anonymous: false })
    .whereNull('deleted_at');

/** One of them. Throws `not_found`, also for what is no UUID. */
export async function contactOf(context: Context, id = ''): Promise<ContactRow> {
  const contact = isUuid(id) && (await contactsOf(context).where({ id }).first());
  if (contact) return contact as ContactRow;
  throw new Failure('not_found', 'There is no such contact.', { reason: { missing: 'record' } });
}
