import { sign } from '../../core/files/index.ts';
import type { Context } from '../../endpoint.ts';

/** Links to files are good for one to two hours; seconds. They are the same within an hour, so that they can be cached. */
const hour = 3600;

/** The absolute address of a file's bytes: signed, so that it opens without a credential, until it expires. */
export function fileUrl({ house, asker }: Context, { id, name }: { id: string; name: string }): string {
  const expires = (Math.ceil(Date.now() / 1000 / hour) + 1) * hour;
  const signature = sign(house, 'file', id, expires);
  return `${asker.origin}/api/v1/files/${id}/${encodeURIComponent(name)}?expires=${expires}&signature=${signature}`;
}
