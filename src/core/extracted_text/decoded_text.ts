import { analyse } from 'chardet';

/** So much of a text tells its encoding, in bytes. */
const sample = 64 * 1024;

/**
 * The text of bytes: by their byte order mark, else as UTF-8 where they are that, else by the encoding that they say or look most like
 * (Big5 and GB 18030 as spreadsheets write them, Windows' and others).
 * @param said the encoding that the document itself names
 */
export function decoded(bytes: Buffer, said?: string): string {
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined;
  if (marked) return new TextDecoder(marked).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const likely = [said, ...analyse(bytes.subarray(0, sample)).map(({ name }) => name)];
    for (const name of likely) {
      const text = name && !/^utf-?8$/i.test(name) ? decodedAs(name, bytes) : undefined;
      if (text !== undefined) return text;
    }
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function decodedAs(name: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
