import { Readable } from 'node:stream';
import type { operations } from '../../../generated/mystic_v3.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { credentialOf } from '../../core/credentials/standing.ts';
import { act } from '../../core/endpoint.ts';
import { sign } from '../../core/files/index.ts';
import { pathId } from '../../core/files/paths.ts';
import { fileToRead, passes } from '../../core/files/signed_access.ts';
import { idOf, uuidOf } from '../../core/ids.ts';
import { pipelineFiles } from '../../core/pipeline_files/index.ts';
import { finishUpload, keepPart, openUpload, uploadOf } from '../../core/pipeline_files/multipart.ts';
import { Download } from '../../wire/download.ts';
import { Streamed } from '../../wire/streamed.ts';
import { createFile, fileGet, listFiles } from '../mystic/files.ts';
import type { Asked } from '../mystic/types.ts';
import { permitting } from '../permitting.ts';
import { notGiven, partOf, partPurpose } from './authenticate.ts';

/** How long the address of a part is good; seconds. */
const hour = 3600;

/** A bare list (docs/compat/mystic.md). */
export const listPipelineFiles = async (context: Context, call: Call) => (await listFiles(context, call)).rows;

/** The name may be in the query as well (docs/compat/mystic.md: Files). */
export const createPipelineFile = permitting(
  pipelineFiles,
  'create',
  (context: Context, { query, ...call }: Call<{ name?: string }, Record<string, unknown>>) =>
    createFile(context, { ...call, query: {}, body: { ...call.body, ...(query.name && { name: query.name }) } }),
);

/** The bytes, for who may read files, and for who has a signed address. Throws `not_found`. */
export async function downloadPipelineFile(context: Context, { id = '', ...call }: Call): Promise<Download> {
  if (context.principal.kind !== 'anonymous') await act(pipelineFiles, 'detail')(context, { ...call, id });
  return new Download(await fileToRead(context, uuidOf('file', id) ?? ''));
}

/**
 * The bytes, for who has an address that carries its own pass; nobody is asked for. Throws `forbidden`, `not_found`.
 */
export async function openPipelineFile(context: Context, { id = '' }: Call): Promise<Download> {
  const [fileId = '', pass = ''] = id.split('/');
  const uuid = uuidOf('file', fileId);
  if (uuid && passes(context.house, uuid, pass)) return new Download(await fileToRead(context, uuid));
  throw notGiven();
}

/** The bytes of the file that a path of ours names, for who may read files. Throws `not_found`. */
export const readStored =
  (folder: 'pipeline_files' | 'run_files') =>
  (context: Context, { id = '', ...call }: Call): Promise<Download> =>
    downloadPipelineFile(context, { ...call, id: idOf('file', pathId(`${folder}/${id}`) ?? '') });

export const initiateMultipartUpload = permitting(
  pipelineFiles,
  'create',
  async (context: Context, { body }: Asked<operations['initiateMultipartUpload']>) => {
    const { id, file_id } = await openUpload(context, body.name);
    return { file_id: idOf('file', file_id), upload_id: idOf('upload', id) };
  },
);

/** Where a part may be sent to, by whoever has the address, as long as its owner may. Throws `not_found`. */
export const presignPart = permitting(
  pipelineFiles,
  'create',
  async (context: Context, { body }: Asked<operations['presignPart']>) => {
    const { upload_id, file_id, part_num } = body;
    if (context.principal.kind !== 'user') throw new Failure('forbidden', 'Only a user may send parts.');
    const by = credentialOf(context.principal);
    await uploadOf(context, upload_id, file_id);
    const expires = Math.floor(Date.now() / 1000) + hour;
    const signature = sign(context.house, partPurpose, partOf(upload_id, part_num, by), expires);
    const part = { upload_id, part_num: String(part_num), by, expires: String(expires), signature };
    const query = new URLSearchParams(part);
    return { upload_url: `${context.asker.origin}/v3/pipeline_files/upload-part?${query}` };
  },
);

/** Keeps a part; its signature, and who stands behind it, have been checked. */
export async function uploadPart(context: Context, { query, uploads }: Asked<operations['uploadPart']>) {
  const id = uuidOf('upload', query.upload_id);
  if (!id || !uploads?.body) throw new Failure('not_found', 'Upload not found');
  const ETag = await keepPart(context, id, query.part_num, uploads.body);
  return new Streamed({ headers: { ETag }, body: Readable.from([]) });
}

export const finaliseMultipartUpload = permitting(
  pipelineFiles,
  'create',
  async (context: Context, { body }: Asked<operations['finaliseMultipartUpload']>) => {
    const upload = await uploadOf(context, body.upload_id, body.file_id);
    return fileGet(context, await finishUpload(context, upload, body.multipart_metadata));
  },
);
