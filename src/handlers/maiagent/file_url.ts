import type { Context } from '../../core/context.ts';
import { opening } from '../../core/files/signed_access.ts';

/** The absolute address of a file's bytes: signed, so that it opens without a credential, until it expires. */
export function fileUrl({ house, asker }: Context, { id, name }: { id: string; name: string }): string {
  return `${asker.origin}/api/v1/files/${id}/${encodeURIComponent(name)}?${opening(house, id)}`;
}
