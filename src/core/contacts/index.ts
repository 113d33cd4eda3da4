import type { Endpoint } from '../endpoint.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { type InboxRef, inboxesOfContacts } from './contact_inboxes.ts';
import type { ContactRow } from './contact_of.ts';
import { resource } from './resource.ts';

/** What of a contact is in other tables. */
export interface ContactExtra {
  inboxes: InboxRef[];
  /** The first of them, for older programs. */
  inbox: InboxRef | null;
  /** Credentials of others are not kept here. */
  mcp_credentials: never[];
}

const written = ['name', 'avatar', 'phone_number', 'email', 'source_id', 'query_metadata'] as const;
const shown = ['id', ...written, 'created_at', 'updated_at'] as const;
const collected = ['inboxes', 'inbox', 'mcp_credentials'] as const;

/** The people who talk to the chatbots of an account (docs/compat/maiagent.md: Contacts). What else may be sent with one is dropped. */
export const contacts: Endpoint<ContactRow, ContactExtra> = {
  name: 'contacts',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...each([...shown, ...collected], viewer),
      ...each(['account_id', 'speaker', 'anonymous', 'deleted_at'], hidden),
    },
    write: each([...written, 'inboxes', 'inbox'], editor),
    query: each(['query', 'search', 'inboxes'], { list: viewer }),
    lenient: ['create', 'update'],
  },
  presenter: { default: [...shown, ...collected] },
  collect: {
    inboxes: (context, rows) => inboxesOfContacts(context, idsOf(rows)),
    inbox: async (context, rows) => (await inboxesOfContacts(context, idsOf(rows))).map(([first]) => first ?? null),
    mcp_credentials: (_context, rows) => rows.map(() => []),
  },
};

const idsOf = (rows: readonly ContactRow[]) => rows.map(({ id }) => id);
