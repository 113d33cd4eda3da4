/**
 * What Python says of the first bytes that are no UTF-8 (RFC 3629 §4). Only for bytes in which there are such.
 */
export function utf8Mistake(bytes: Uint8Array): string {
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] as number;
    const [length, low, high] = sequence(byte);
    if (length === 0) return told(byte, at, 1, 'invalid start byte');
    let good = 1;
    for (; good < length; good += 1) {
      const next = bytes[at + good] ?? 0;
      if (next < (good === 1 ? low : 0x80) || next > (good === 1 ? high : 0xbf)) break;
    }
    if (good < length) {
      const isEnd = at + good === bytes.length;
      return told(byte, at, good, isEnd ? 'unexpected end of data' : 'invalid continuation byte');
    }
    at += length;
  }
  return "'utf-8' codec can't decode the body";
}

/** How long the sequence is that begins so, 0 for none, and what its second byte may be. */
function sequence(byte: number): [length: number, low: number, high: number] {
  if (byte < 0x80) return [1, 0, 0];
  if (byte < 0xc2 || byte > 0xf4) return [0, 0, 0];
  if (byte < 0xe0) return [2, 0x80, 0xbf];
  if (byte < 0xf0) return [3, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf];
  return [4, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf];
}

function told(byte: number, at: number, length: number, why: string): string {
  const which =
    length === 1 ? `byte 0x${byte.toString(16)} in position ${at}` : `bytes in position ${at}-${at + length - 1}`;
  return `'utf-8' codec can't decode ${which}: ${why}`;
}
