import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { fileToRead } from '../../core/files/signed_access.ts';
import { idOf, uuidOf } from '../../core/ids.ts';
import { managedFiles, pageOfFiles, type ShownFile } from '../../core/pipeline_files/managed_files.ts';
import { Download } from '../../wire/download.ts';
import { permitting } from '../permitting.ts';

type Asked = Call<unknown, unknown>;

/** Files: the same rows and policies as everywhere. */
export const fileHandlers = {
  async listFiles(context: Context, { query, page: { limit = 20, cursor } }: Call<{ name?: string }, unknown>) {
    const page = await pageOfFiles(context, query, { limit, cursor });
    return { ...page, rows: page.rows.map(shown) };
  },

  uploadFile: permitting(managedFiles, 'create', async (context: Context, call: Asked) =>
    shown(await act(managedFiles, 'create')(context, call as Call)),
  ),

  getFile: async (context: Context, call: Asked) => shown(await act(managedFiles, 'detail')(context, call as Call)),

  async deleteFile(context: Context, call: Asked): Promise<undefined> {
    await act(managedFiles, 'delete')(context, call as Call);
  },

  async downloadFile(context: Context, call: Asked): Promise<Download> {
    await act(managedFiles, 'detail')(context, call as Call);
    return new Download(await fileToRead(context, uuidOf('file', call.id ?? '') ?? ''));
  },
};

function shown({ id, name, size, media_type: type, sha256, user, created_at }: ShownFile) {
  return {
    id: idOf('file', id),
    ...{ name, size, type, sha256, created_at },
    user: user && { id: idOf('usr', user.uuid), name: user.name },
  };
}
