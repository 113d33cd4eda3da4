import { Failure } from '../../contract/failure.ts';
import type { AttachmentRow } from '../attachments/resource.ts';
import type { Context } from '../context.ts';
import { rowsHeld } from '../rows_held.ts';

/** An attachment as a message names it. What else is said of it is not looked at. */
export interface AttachmentRef {
  id: string;
}

/**
 * The attachments of the caller's account that a message names. Nobody deletes one of them before the context's transaction is over.
 * Throws `invalid` for one that is not there; `at`: where in the body the list is.
 */
export async function namedAttachments(
  context: Context,
  refs: readonly AttachmentRef[],
  at: readonly string[],
): Promise<string[]> {
  const ids = [...new Set(refs.map(({ id }) => id))];
  if (ids.length === 0) return [];
  const there = await rowsHeld(context, 'attachments', ids);
  const faults = refs.flatMap(({ id }, index) =>
    there.has(id)
      ? []
      : [{ path: ['body', ...at, String(index), 'id'], keyword: 'reference', message: 'is not there' }],
  );
  if (faults.length > 0) throw new Failure('invalid', 'There is no such attachment.', { reason: { faults } });
  return ids;
}

/** Encloses attachments with a message. */
export async function enclose({ db }: Context, messageId: number, ids: readonly string[]): Promise<void> {
  const rows = ids.map((attachment_id, position) => ({ message_id: messageId, attachment_id, position }));
  if (rows.length > 0) await db('message_attachments').insert(rows);
}

/** What came with messages, in order: by one statement for all of them. */
export async function enclosedWith(
  { db }: Pick<Context, 'db'>,
  ids: readonly number[],
): Promise<Map<number, AttachmentRow[]>> {
  const found = await db('message_attachments as j')
    .join('attachments as a', 'a.id', 'j.attachment_id')
    .whereRaw('j.message_id = any(?::bigint[])', [[...ids]])
    .orderBy(['j.message_id', 'j.position'])
    .select('j.message_id', 'a.*');
  const byMessage = new Map<number, AttachmentRow[]>();
  for (const { message_id: message, ...attachment } of found as (AttachmentRow & { message_id: number })[]) {
    const others = byMessage.get(message) ?? [];
    byMessage.set(message, [...others, attachment as AttachmentRow]);
  }
  return byMessage;
}
