import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { type InboxRow, inboxesOf } from './inbox_of.ts';
import { inboxResource } from './index.ts';

/** How a web chat looks, as whoever draws it wants it: kept, and given back. */
export interface Looks {
  avatar: string | null;
  logo: string | null;
  cover: string | null;
  description: string;
  back_url: string;
  display_greeting: string | null;
  display_conversation_starters: string[];
  theme: Record<string, unknown>;
  dark_theme: Record<string, unknown>;
}

const usual: Looks = {
  ...{ avatar: null, logo: null, cover: null, description: '', back_url: '', display_greeting: null },
  ...{ display_conversation_starters: [], theme: {}, dark_theme: {} },
};
const names = Object.keys(usual) as (keyof Looks)[];

interface Extra extends Looks {
  /** The web chat's own id. */
  public_id: string;
  inbox: { id: string; name: string; channel_type: string };
  chatbot: string;
}

const resource = inboxResource('channel_id');

/** What is written of the looks, apart from the rest. */
function parted(body: Record<string, unknown>) {
  const isLook = ([name]: [string, unknown]) => (names as string[]).includes(name);
  const all = Object.entries(body);
  return {
    looks: Object.fromEntries(all.filter(isLook)),
    rest: Object.fromEntries(all.filter((one) => !isLook(one))),
  };
}

async function dress(context: Context, { id }: InboxRow, looks: Record<string, unknown>): Promise<InboxRow> {
  const [row] = await inboxesOf(context)
    .where({ id })
    .update({ looks: context.db.raw('looks || ?::jsonb', [storedJson(looks)]) as never })
    .returning('*');
  return row as InboxRow;
}

const dressing: Resource<InboxRow> = {
  ...resource,
  async create(context, call, parent, prepared) {
    const { looks, rest } = parted(call.body);
    const made = (await resource.create?.(context, { ...call, body: rest }, parent, prepared)) as InboxRow;
    return dress(context, made, looks);
  },
  async update(context, call, inbox, prepared) {
    const { looks, rest } = parted(call.body);
    await resource.update?.(context, { ...call, body: rest }, inbox, prepared);
    return dress(context, inbox, looks);
  },
};

const shown = ['name', 'access_type', 'created_at', 'updated_at'] as const;
const ours = ['id', 'channel_id', 'account_id', 'chatbot_id', 'channel_type', 'webhook_url', 'looks'] as const;

/** Inboxes as web chats: the same rows by another id. */
export const webChats: Endpoint<InboxRow, Extra> = {
  name: 'web_chats',
  resource: dressing,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor },
    read: { ...each(['public_id', ...shown, 'inbox', 'chatbot', ...names], viewer), ...each(ours, hidden) },
    write: { ...each(['name', ...names], editor), ...each(['chatbot', 'access_type'], { create: editor }) },
    query: {},
    lenient: ['create', 'update'],
  },
  presenter: { default: ['public_id', ...shown, 'inbox', 'chatbot', ...names] },
  collect: {
    public_id: (_context, rows) => rows.map(({ channel_id }) => channel_id),
    inbox: (_context, rows) => rows.map(({ id, name, channel_type }) => ({ id, name, channel_type })),
    chatbot: (_context, rows) => rows.map(({ chatbot_id }) => chatbot_id),
    ...(Object.fromEntries(
      names.map((name) => [
        name,
        (_context: Context, rows: readonly InboxRow[]) =>
          rows.map(({ looks }) => ({ ...usual, ...(looks as object) })[name]),
      ]),
    ) as { [Name in keyof Looks]: (context: Context, rows: readonly InboxRow[]) => Looks[Name][] }),
  },
};
