import type { Attachment, Conversation } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import { conversationOf } from '../conversations/conversation_of.ts';
import type { Resource } from '../endpoint.ts';
import type { FileRow } from '../files/file.ts';
import { cleanName } from '../files/file_name.ts';
import { keepFile, permittedType } from '../files/index.ts';
import { fileByReference } from '../files/reference.ts';
import { releaseFiles } from '../files/release.ts';
import { type Order, pageOf } from '../page.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

type Kind = 'image' | 'video' | 'audio' | 'sticker' | 'other';

/** An attachment, with its kind as what it is. */
export type AttachmentRow = Omit<Attachment, 'type'> & { type: Kind };

interface AttachmentBody {
  type?: Kind;
  filename?: string;
  file?: string;
}

const mine = (context: Context) => context.db('attachments').where('account_id', accountOf(context));

export const resource: Resource<AttachmentRow, Conversation> = {
  parent: conversationOf,

  async list(context, { page: { limit = 20, offset } }) {
    const order: Order[] = [
      ['created_at', 'desc'],
      ['id', 'desc'],
    ];
    return pageOf(mine(context), order, { limit, offset });
  },

  async member(context, { id = '' }) {
    const attachment = isUuid(id) && (await mine(context).where({ id }).first());
    if (attachment) return attachment as AttachmentRow;
    throw new Failure('not_found', 'There is no such attachment.', { reason: { missing: 'record' } });
  },

  async create(context, call) {
    const { type, filename } = call.body as AttachmentBody;
    const file = await fileFor(context, call);
    const row = {
      account_id: accountOf(context),
      file_id: file.id,
      type: type ?? kindOf(file),
      filename: cleanName(filename ?? file.name),
    };
    const [made] = await context.db('attachments').insert(row).returning('*');
    return made as AttachmentRow;
  },

  async update(context, { body }, attachment) {
    const { type, filename, file } = body as AttachmentBody;
    const found = file === undefined ? undefined : await referred(context, file);
    const changes = {
      ...(type !== undefined && { type }),
      ...(filename !== undefined && { filename: cleanName(filename) }),
      ...(found && { file_id: found.id }),
      updated_at: context.db.fn.now(),
    };
    const change = () => mine(context).where({ id: attachment.id }).update(changes).returning('*');
    const [row] = await (found && found.id !== attachment.file_id
      ? releaseFiles(context, [attachment.file_id], change)
      : change());
    if (!row) throw new Failure('not_found', 'The attachment is gone.', { reason: { missing: 'record' } });
    return row as AttachmentRow;
  },

  async delete(context, _call, attachment) {
    await releaseFiles(context, [attachment.file_id], () => mine(context).where({ id: attachment.id }).delete());
    return attachment;
  },
};

/** The file that came with the request, now kept; or one that was uploaded before. Throws `invalid`. */
async function fileFor(context: Context, { body, uploads }: Call): Promise<FileRow> {
  const { file = '', filename } = body as AttachmentBody;
  const upload = uploads?.file;
  if (!upload) return referred(context, file);
  const name = filename ?? upload.name;
  if (upload.size === 0) throw wrong('The submitted file is empty.');
  if (!permittedType(context.house.config, name)) throw wrong('Files of this type are not taken here.');
  return keepFile(context, upload, { name });
}

async function referred(context: Context, reference: string): Promise<FileRow> {
  const file = await fileByReference(context, reference);
  if (file) return file;
  throw wrong('There is no such file: upload it first, and send the key that the upload gave.');
}

function wrong(sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { file: [sentence] } });
}

function kindOf({ media_type }: FileRow): Kind {
  const [kind] = media_type.split('/') as [Kind];
  return (['image', 'video', 'audio'] as Kind[]).includes(kind) ? kind : 'other';
}
