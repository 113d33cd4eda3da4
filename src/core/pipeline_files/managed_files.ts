import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { type Endpoint, show } from '../endpoint.ts';
import type { FileRow } from '../files/file.ts';
import { keepFile } from '../files/index.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf, each, viewer } from '../rules.ts';
import { pipelineFiles } from './index.ts';

interface Extra {
  /** Who sent it; null where they are gone. */
  user: { uuid: string; name: string } | null;
}

/** A file, as it is shown. */
export type ShownFile = FileRow & Extra;

/** The files of an account, with their content's hash and who sent them. */
export const managedFiles: Endpoint<FileRow, Extra> = {
  ...pipelineFiles,
  resource: {
    ...pipelineFiles.resource,
    create(context, { uploads }) {
      if (uploads?.file) return keepFile(context, uploads.file, { pinned: true });
      throw new Failure('invalid', 'A file is needed.', { fields: { file: ['This field is required.'] } });
    },
  },
  policy: {
    ...pipelineFiles.policy,
    read: { ...pipelineFiles.policy.read, ...each(['media_type', 'sha256', 'user'], viewer) },
    write: each(['file'], viewer),
  },
  presenter: { default: ['id', 'name', 'size', 'media_type', 'sha256', 'user', 'created_at'] },
  collect: {
    async user({ db }, rows) {
      const ids = [...new Set(rows.map(({ user_id }) => user_id))].filter((id) => id !== null);
      const users = await db('users').whereIn('id', ids).select('id', 'uuid', 'username', 'email');
      const byId = new Map(users.map(({ id, uuid, username, email }) => [id, { uuid, name: username ?? email }]));
      return rows.map(({ user_id }) => byId.get(user_id ?? 0) ?? null);
    },
  },
};

/** A page of them, the newest first. Throws `invalid` for a cursor that is none, `forbidden` without a role. */
export async function pageOfFiles(
  context: Context,
  { name }: { name?: string },
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<ShownFile>> {
  permitRow(managedFiles, 'list', admit(managedFiles, 'list', context), context, undefined);
  const { db, house } = context;
  const found = db('files')
    .where({ account_id: accountOf(context) })
    .whereNotIn('id', db('multipart_parts').select('file_id'))
    .select('files.*');
  if (name) found.whereRaw('strpos(lower(name), lower(?)) > 0', [name]);
  const by: [string, string][] = [
    ['files.created_at', 'timestamptz'],
    ['files.id', 'uuid'],
  ];
  const { rows, ...rest } = await keysetPage<FileRow>(house, found, { ...page, list: 'files', by, descending: true });
  const call = { query: {}, body: {}, page: { offset: 0, order: [] } };
  return { ...rest, rows: await show(managedFiles, 'list', context, rows, call) };
}
