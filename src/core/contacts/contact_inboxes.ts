import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { rowsHeld } from '../rows_held.ts';
import { rowsPerOwner } from '../rows_per_owner.ts';

/** An inbox as a contact shows it. */
export interface InboxRef {
  id: string;
  name: string;
}

/**
 * Has a contact come by these inboxes and by no others. Throws `invalid` for one that the account has not, and `conflict` where somebody
 * else of the same `source_id` comes by one of them.
 */
export async function setInboxes(
  context: Context,
  { id, source_id }: { id: string; source_id: string | null },
  refs: readonly { id: string }[],
): Promise<void> {
  const { db } = context;
  const there = await rowsHeld(
    context,
    'inboxes',
    refs.map((ref) => ref.id),
  );
  const errors = refs.map(
    (ref): Record<string, string[]> =>
      there.has(ref.id) ? {} : { id: [`Invalid pk "${ref.id}" - object does not exist.`] },
  );
  if (errors.some((one) => 'id' in one))
    throw new Failure('invalid', 'There is no such inbox.', { reason: { items: { field: 'inboxes', errors } } });
  await db('contact_inboxes').where('contact_id', id).delete();
  const rows = [...there].map((inbox_id) => ({ contact_id: id, inbox_id, source_id }));
  if (rows.length > 0) await db('contact_inboxes').insert(rows).catch(taken);
}

/** Has whoever comes by the inboxes of a contact find it under another `source_id`. Throws `conflict`. */
export async function setSource({ db }: Context, id: string, source_id: string | null): Promise<void> {
  await db('contact_inboxes').where('contact_id', id).update({ source_id }).catch(taken);
}

function taken(thrown: { code?: string }): never {
  if (thrown.code !== '23505') throw thrown;
  const sentence = 'This field must be unique.';
  throw new Failure('conflict', sentence, { fields: { source_id: [sentence] } });
}

/** The inboxes of contacts, by name: by one statement for all of them. */
export async function inboxesOfContacts({ db }: Context, ids: readonly string[]): Promise<InboxRef[][]> {
  const rows = await db('contact_inboxes as j')
    .join('inboxes as i', 'i.id', 'j.inbox_id')
    .whereIn('j.contact_id', ids)
    .orderBy(['i.name', 'i.id'])
    .select('j.contact_id as owner', 'i.id', 'i.name');
  return rowsPerOwner<InboxRef>(ids, rows);
}
