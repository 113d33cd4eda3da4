import { buffer } from 'node:stream/consumers';
import type { AttachmentRow } from '../attachments/resource.ts';
import { documentType, readDocument } from '../extracted_text/index.ts';
import type { House } from '../house.ts';
import { enclosedWith } from '../messages/enclosures.ts';
import type { Enclosed } from '../prompts/index.ts';

/** What is shown of a file to a model as a picture, by the kind of the attachment or the media type; and how large, in bytes. */
const pictures: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const largestPicture = 20 * 1024 * 1024;
/** What is read of a text, in characters. */
const longestText = 2 * 1024 * 1024;
/** How long reading one file may take, in milliseconds. */
const patience = 60_000;

const beginnings: [type: string, bytes: number[]][] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

/**
 * What came with a question, from our own store: pictures for the model to see, of other files their text. The address that the
 * message names for a file is never asked.
 */
export async function enclosedFiles(house: House, messageId: number): Promise<Enclosed[]> {
  const attachments = (await enclosedWith(house, [messageId])).get(messageId) ?? [];
  const enclosed: Enclosed[] = [];
  // One after the other: each may take a lot of memory.
  for (const attachment of attachments) enclosed.push(await opened(house, attachment));
  return enclosed;
}

async function opened(house: House, { file_id, filename: name }: AttachmentRow): Promise<Enclosed> {
  const file = await house.db('files').where({ id: file_id }).first();
  if (!file) return { name, text: null };
  try {
    if (pictures.has(file.media_type) || /\.(png|jpe?g|gif|webp)$/i.test(name)) {
      const bytes = file.size > largestPicture ? undefined : await buffer(await house.files.read(file));
      const type = bytes && pictureType(bytes);
      return type ? { name, picture: `data:${type};base64,${bytes.toString('base64')}` } : { name, text: null };
    }
    return { name, text: await textOf(house, file, name) };
  } catch (error) {
    house.log.warn({ err: error, file: file.id }, 'a file that came with a question could not be read');
    return { name, text: null };
  }
}

/** By its first bytes: whatever a file is called, nothing else is sent as a picture. */
function pictureType(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return 'image/webp';
  return beginnings.find(([, begin]) => begin.every((byte, at) => bytes[at] === byte))?.[0];
}

async function textOf(house: House, file: { sha256: string; size: number }, name: string): Promise<string | null> {
  const type = documentType(name);
  if (!type) return null;
  const texts: string[] = [];
  let length = 0;
  for await (const piece of readDocument(await house.files.read(file), type, AbortSignal.timeout(patience))) {
    if (piece.kind !== 'text' && piece.kind !== 'heading') continue;
    texts.push(piece.kind === 'heading' ? `${'#'.repeat(piece.level)} ${piece.text}` : piece.text);
    length += piece.text.length;
    if (length > longestText) break;
  }
  return texts.join('\n\n').slice(0, longestText);
}
