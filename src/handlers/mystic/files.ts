import type { components } from '../../../generated/mystic.ts';
import type { Call, Context, Page } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import type { FileRow } from '../../core/files/file.ts';
import { addressOf, storedPath } from '../../core/files/paths.ts';
import { idOf } from '../../core/ids.ts';
import { pipelineFiles } from '../../core/pipeline_files/index.ts';
import { permitting } from '../permitting.ts';
import { epoch } from './shown.ts';
import { nothing } from './types.ts';

type FileGet = components['schemas']['FileGet'];
/** A form's fields are strings, and files that are elsewhere: the core looks at both. */
type Form = Call<Record<string, unknown>, Record<string, unknown>>;

/**
 * A file; its address opens the bytes without a token, as containers and `wget` have none (docs/compat/mystic.md:
 * Files).
 */
export function fileGet({ house, asker }: Context, file: FileRow): FileGet {
  const { id, name, size, created_at, updated_at } = file;
  const url = addressOf(house, asker.origin, file);
  return {
    id: idOf('file', id),
    name,
    path: storedPath(file),
    size,
    url,
    file_name: name,
    file_url: url,
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
  };
}

export async function listFiles(context: Context, call: Call): Promise<Page<FileGet>> {
  const page = await act(pipelineFiles, 'list')(context, call);
  return { ...page, rows: page.rows.map((file) => fileGet(context, file)) };
}

export async function getFile(context: Context, call: Call): Promise<FileGet> {
  return fileGet(context, await act(pipelineFiles, 'detail')(context, call));
}

/** Keeps what came as `pfile`. */
export const createFile = permitting(pipelineFiles, 'create', async (context: Context, call: Form) => {
  return fileGet(context, await act(pipelineFiles, 'create')(context, call));
});

export const deleteFile = nothing(act(pipelineFiles, 'delete'));
