import type { Context } from '../../endpoint.ts';
import { Failure } from '../../failure.ts';
import { type FileRow, fileOf } from './index.ts';

const id = '([\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12})';
const forms = [
  new RegExp(`^${id}$`, 'i'),
  // What a prepared upload is called (wire/maiagent.md §4.4: `media/chatbots/chatbot-file/…`).
  new RegExp(`^/?media/chatbots/[\\w-]+/${id}/[^/]+$`, 'i'),
  new RegExp(`^https?://[^/?#]+/api/v1/files/${id}/[^/?#]*/?(?:[?#].*)?$`, 'i'),
];

/** The key of an upload for a purpose, before the file is there. */
export function keyOf(purpose: string, fileId: string, name: string): string {
  return `media/chatbots/${purpose}/${fileId}/${name}`;
}

/**
 * A file of the caller's account by whatever a caller calls it: its id, the key of its upload, or the address of its
 * bytes. Undefined where it is not there.
 */
export async function fileByReference(context: Context, reference: string): Promise<FileRow | undefined> {
  const found = forms.map((form) => form.exec(reference)?.[1]).find((match) => match !== undefined);
  if (found === undefined) return undefined;
  return fileOf(context, found).catch((thrown: unknown) => {
    if (thrown instanceof Failure && thrown.kind === 'not_found') return undefined;
    throw thrown;
  });
}
