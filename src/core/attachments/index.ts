import type { Conversation } from '../../../generated/tables.ts';
import type { Collect, Endpoint } from '../endpoint.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { type AttachmentRow, resource } from './resource.ts';

/** The file, as it is named by now. A surface makes an address of it. */
export interface AttachmentExtra {
  file: string;
}

const shown = ['id', 'type', 'filename', 'file'] as const;
const body = ['type', 'filename', 'file'] as const;

const collect: Collect<AttachmentRow, AttachmentExtra> = {
  file: (_context, rows) => rows.map(({ file_id }) => file_id),
};

/** Files that were attached, in an account (docs/compat/maiagent.md: Knowledge bases). */
export const attachments: Endpoint<AttachmentRow, AttachmentExtra, Conversation> = {
  name: 'attachments',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(shown, viewer), ...each(['account_id', 'file_id', 'created_at', 'updated_at'], hidden) },
    write: each(body, editor),
    query: {},
  },
  presenter: { default: shown },
  collect,
};
