import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import type { FileRow } from './file.ts';

const id = '([\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12})';
const forms = [
  new RegExp(`^${id}$`, 'i'),
  // What a prepared upload is called (docs/compat/maiagent.md: Knowledge bases: `media/chatbots/chatbot-file/…`, with `media/` or without).
  new RegExp(`^/?(?:media/)?chatbots/[\\w-]+/${id}/[^/]+$`, 'i'),
  new RegExp(`^https?://[^/?#]+/api/v1/files/${id}/[^/?#]*/?(?:[?#].*)?$`, 'i'),
];

/** The key of an upload for a purpose, before the file is there. */
export function keyOf(purpose: string, fileId: string, name: string): string {
  return `media/chatbots/${purpose}/${fileId}/${name}`;
}

/** The id in whatever a caller calls a file: the id itself, the key of its upload, or the address of its bytes. */
export function referredId(reference: string): string | undefined {
  return forms
    .map((form) => form.exec(reference)?.[1])
    .find((match) => match !== undefined)
    ?.toLowerCase();
}

/** A file of the caller's account by what a caller calls it. Undefined where it is not there. */
export async function fileByReference(context: Context, reference: string): Promise<FileRow | undefined> {
  return (await filesByReference(context, [reference]))[0];
}

/**
 * The same for many, in their order, by one statement. They cannot be deleted until the context's transaction is over.
 */
export async function filesByReference(
  context: Context,
  references: readonly string[],
): Promise<(FileRow | undefined)[]> {
  const ids = references.map(referredId);
  const found = await context
    .db('files')
    .whereIn('id', [...new Set(ids.filter((one) => one !== undefined))])
    .where('account_id', accountOf(context))
    .orderBy('id')
    .forKeyShare();
  const byId = new Map(found.map((file) => [file.id, file]));
  return ids.map((one) => byId.get(one ?? ''));
}
