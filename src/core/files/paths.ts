import type { House } from '../house.ts';
import { idOf, uuidOf } from '../ids.ts';
import type { FileRow } from './file.ts';
import { passOf } from './signed_access.ts';

/** What of a file its paths and addresses are made of. */
export type Addressed = Pick<FileRow, 'id' | 'name'>;

/** Mystic's path of an upload: two pairs of hex digits, the uuid, and the name's ending (docs/compat/mystic.md: Files). */
export function storedPath({ id, name }: Addressed): string {
  return `pipeline_files/${foldersOf(id)}/${leafOf({ id, name })}`;
}

/** Mystic's path of what came out of a run: the same, with the name of its own. */
export function runFilePath({ id, name }: Addressed): string {
  return `run_files/${foldersOf(id)}/${id}/${name}`;
}

/**
 * Where the bytes of a file are, for whoever has the address, for one to two hours. Containers and SDKs escape the whole of
 * an address that has no escape in it, and name their copy by its last segment: so there is nothing to be escaped in it,
 * and no query.
 */
export function addressOf(house: House, origin: string, file: Addressed): string {
  return `${origin}/v3/pipeline_files/download/${idOf('file', file.id)}/${passOf(house, file.id)}/${leafOf(file)}`;
}

const foldersOf = (id: string) => `${id.slice(0, 2)}/${id.slice(2, 4)}`;
const leafOf = ({ id, name }: Addressed) => id + (/\.[\w-]{1,16}$/.exec(name)?.[0] ?? '');

const uuid = '([\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12})';
const path = new RegExp(
  `^(?:pipeline_files/[\\da-f]{2}/[\\da-f]{2}/${uuid}|run_files/[\\da-f]{2}/[\\da-f]{2}/${uuid}/)`,
);
const download = /^v3\/pipeline_files\/download\/(file_[\da-f]{32})(?=[/?]|$)/;

/** The file that a path of ours names, be it there or not; undefined for any other text. */
export function pathId(text: string): string | undefined {
  const [, upload, output] = path.exec(text.replace(/^\/+/, '')) ?? [];
  return upload ?? output;
}

/** The file that an address names that may be ours, whatever its origin, and whether it has expired or not. */
export function addressId(text: string): string | undefined {
  const [, rest] = /^https?:\/\/[^/?#]+\/+(.*)$/is.exec(text) ?? [];
  if (rest === undefined) return undefined;
  // An older address, with its query, as clients escape it.
  const plain = rest.replace(/%3F/gi, '?');
  return pathId(plain) ?? uuidOf('file', download.exec(plain)?.[1] ?? '');
}
