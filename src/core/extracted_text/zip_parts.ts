import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { Unreadable } from './pieces.ts';

/** The parts of a packed document, by their path. */
export interface Parts {
  names: readonly string[];
  /** The text of one, in pieces; nothing where there is none. Throws `Unreadable` where all that was unpacked is more than is read. */
  read(name: string): AsyncIterable<string>;
}

/** More is not unpacked, of one document in all, in bytes: a few kilobytes can be packed gigabytes. */
const mostBytes = 256 * 1024 * 1024;
const mostParts = 20_000;

/** Opens a ZIP archive: DOCX, PPTX and XLSX are such. Throws `Unreadable` where it is none. */
export async function partsOf(bytes: Buffer): Promise<Parts> {
  const zip = await opened(bytes);
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (entries.size >= mostParts) return reject(new Unreadable('The document has too many parts.'));
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', resolve);
    zip.on('error', () => reject(damaged()));
    zip.readEntry();
  });
  if ([...entries.values()].some((entry) => entry.isEncrypted()))
    throw new Unreadable('The document is protected by a password.');
  let left = mostBytes;
  return {
    names: [...entries.keys()],
    async *read(name) {
      const entry = entries.get(name);
      if (!entry) return;
      const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        zip.openReadStream(entry, (error, opened) => (error ? reject(damaged()) : resolve(opened)));
      });
      const decoder = new TextDecoder();
      try {
        for await (const chunk of stream) {
          left -= chunk.length;
          if (left < 0) throw new Unreadable('Unpacked, the document is larger than what is read here.');
          yield decoder.decode(chunk as Buffer, { stream: true });
        }
      } catch (error) {
        throw error instanceof Unreadable ? error : damaged();
      }
    },
  };
}

function opened(bytes: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, autoClose: false }, (error, zip) =>
      error ? reject(damaged()) : resolve(zip),
    );
  });
}

/** What is told of an archive, or of XML in it, that breaks off or is none. */
function damaged(): Unreadable {
  return new Unreadable('The file is damaged, or not what its name says.');
}
