import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Resource } from '../endpoint.ts';
import { metadataMistake } from '../knowledge_bases/mistakes.ts';
import { pageOf } from '../page.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { setInboxes, setSource } from './contact_inboxes.ts';
import { type ContactRow, contactOf, contactsOf } from './contact_of.ts';

interface Ref {
  id: string;
}

type Written = Partial<
  Pick<ContactRow, 'name' | 'avatar' | 'phone_number' | 'email' | 'source_id' | 'query_metadata'>
> & {
  inboxes?: Ref[];
  /** How older programs say one of them. */
  inbox?: Ref | null;
};

export const resource: Resource<ContactRow> = {
  async list(context, { query, page: { limit = 20, offset } }) {
    const found = contactsOf(context);
    const text = query.query || query.search;
    if (text) {
      const all = `concat_ws(chr(10), name, email, phone_number, contacts.source_id)`;
      found.whereRaw(`strpos(lower(${all}), lower(?)) > 0`, [String(text).normalize('NFC')]);
    }
    if (query.inboxes) {
      const ids = uuidsIn('inboxes', String(query.inboxes));
      found.whereExists(
        context
          .db('contact_inboxes as j')
          .whereRaw('j.contact_id = contacts.id')
          .whereIn('j.inbox_id', ids)
          .select('j.inbox_id'),
      );
    }
    return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
  },

  member: (context, { id }) => contactOf(context, id),

  async create(context, { body }) {
    const { inboxes, inbox, ...written } = body as Written;
    const refs = inboxes ?? (inbox ? [inbox] : undefined);
    if (!refs) throw wrong('inboxes', 'This field is required.');
    if (refs.length === 0) throw wrong('inboxes', 'This list may not be empty.');
    const [made] = (await context
      .db('contacts')
      .insert({ ...columns(written), account_id: accountOf(context) } as never)
      .returning('*')) as ContactRow[];
    const contact = made as ContactRow;
    await setInboxes(context, contact, refs);
    return contact;
  },

  async update(context, { body }, { id }) {
    const { inboxes, inbox, ...written } = body as Written;
    const refs = inboxes ?? (inbox ? [inbox] : undefined);
    if (refs?.length === 0) throw wrong('inboxes', 'This list may not be empty.');
    const [row] = (await contactsOf(context)
      .where({ id })
      .update({ ...columns(written), updated_at: context.db.fn.now() } as never)
      .returning('*')) as ContactRow[];
    if (!row) return contactOf(context, id);
    if (refs) await setInboxes(context, row, refs);
    else if (written.source_id !== undefined) await setSource(context, id, row.source_id);
    return row;
  },

  /** What they said stays, and who said it; but nobody finds them any more, and whoever they were may come anew. */
  async delete(context, _call, contact) {
    await contactsOf(context)
      .where({ id: contact.id })
      .update({ deleted_at: context.db.fn.now() } as never);
    await context.db('contact_inboxes').where('contact_id', contact.id).delete();
    return contact;
  },
};

/** What is written as the columns keep it. Throws `invalid` for metadata that is too large. */
function columns({ query_metadata: metadata, source_id: source, ...others }: Omit<Written, 'inboxes' | 'inbox'>) {
  const [mistake] = metadataMistake(metadata ?? undefined);
  if (mistake) throw wrong('query_metadata', mistake);
  return {
    ...others,
    // Somebody without a name of their own is not the same as all others without one.
    ...(source !== undefined && { source_id: source || null }),
    ...(metadata !== undefined && { query_metadata: metadata && storedJson(metadata) }),
  };
}

/** Ids with commas between. Throws `invalid`. */
export function uuidsIn(field: string, text: string): string[] {
  const ids = text.split(',').map((id) => id.trim());
  if (ids.every(isUuid)) return ids;
  throw wrong(field, 'Must be a valid UUID.');
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
