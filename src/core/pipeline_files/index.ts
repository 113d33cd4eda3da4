import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { FileRow } from '../files/file.ts';
import { dropFile, fileOf, keepFile } from '../files/index.ts';
import { uuidOf } from '../ids.ts';
import { pageOf } from '../page.ts';
import { accountOf, admin, each, editor, hidden, viewer } from '../rules.ts';

const shown = ['id', 'name', 'size', 'created_at', 'updated_at'] as const;

/** The files of an account, whole ones: parts of what is still being sent are not there. */
export const pipelineFiles: Endpoint<FileRow> = {
  name: 'files',

  resource: {
    async list(context, { page: { limit = 1000, offset } }) {
      const parts = context.db('multipart_parts').select('file_id');
      const found = context
        .db('files')
        .where({ account_id: accountOf(context) })
        .whereNotIn('id', parts);
      return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
    },

    member: (context, { id = '' }) => fileById(context, id),

    create(context, { uploads, body }) {
      const upload = uploads?.pfile;
      if (!upload) throw new Failure('invalid', 'A file is needed.', { fields: { pfile: [] } });
      const name = typeof body.name === 'string' && body.name ? { name: body.name } : {};
      return keepFile(context, upload, { ...name, pinned: true });
    },

    async delete(context, _call, file) {
      await dropFile(context, file.id).catch((thrown: { code?: string }) => {
        throw thrown.code === '23503' ? new Failure('conflict', 'File is in use', { cause: thrown }) : thrown;
      });
      return file;
    },
  },

  policy: {
    action: { list: viewer, detail: viewer, create: editor, delete: admin },
    read: { ...each(shown, viewer), ...each(['account_id', 'user_id', 'media_type', 'sha256', 'pinned'], hidden) },
    write: each(['pfile', 'name'], editor),
    query: {},
  },

  presenter: { default: shown },
  collect: {},
};

/** A file of the caller's account by its id on the wire. Throws `not_found`. */
export async function fileById(context: Context, id: string): Promise<FileRow> {
  return fileOf(context, uuidOf('file', id) ?? '').catch((thrown: Failure) => {
    throw thrown.kind === 'not_found' ? new Failure('not_found', 'File not found', { cause: thrown }) : thrown;
  });
}
