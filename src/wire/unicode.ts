import { TextDecoder } from 'node:util';
import { Failure, type Fault } from '../contract/failure.ts';

const decoders = new Map<string, TextDecoder>();

/** Bytes as text, in UTF-8 unless told otherwise, with a byte order mark as it is. Throws `invalid` for bytes that are none, `unsupported` for a charset that nobody knows. */
export function decodeText(bytes: Uint8Array, charset = 'utf-8', what = 'The body'): string {
  const decoder = decoders.get(charset) ?? decoderOf(charset);
  decoders.set(charset, decoder);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Failure('invalid', `${what} is not valid ${decoder.encoding.toUpperCase()}.`, {
      reason: { bytes },
      cause,
    });
  }
}

/** A header that Node gives byte by byte, as the text that it is. Throws `invalid`. */
export function headerText(value: string, what: string): string {
  return /^[\0-\x7f]*$/.test(value) ? value : decodeText(Buffer.from(value, 'latin1'), 'utf-8', what);
}

/** Throws `invalid` for a query or a form whose percent-encoded bytes are no UTF-8. */
export function refuseBytes(encoded: string, what: string): void {
  for (const [run] of encoded.matchAll(/(?:%[\da-f]{2})+/gi)) {
    decodeText(Buffer.from(run.replaceAll('%', ''), 'hex'), 'utf-8', what);
  }
}

/** Throws `invalid` for values that hold half of a surrogate pair, in a text or in a name: what would be put in its place is another text. */
export function refuseSurrogates(values: unknown): void {
  const message = 'contains half of a surrogate pair';
  const faults = faultsIn(values, 'surrogate', message, (text) => loneSurrogate.test(text));
  if (faults.length === 0) return;
  const fields = Object.fromEntries(faults.map(({ path }) => [path.slice(1).join('.') || 'body', [message]]));
  const sentence = Object.keys(fields).map((name) => `${name} ${message}`);
  throw new Failure('invalid', `${sentence.join('; ')}.`, { fields, reason: { characters: faults } });
}

/** Where values hold NUL, which the database does not keep. */
export function nulIn(values: unknown): Fault[] {
  return faultsIn(values, 'nul', 'contains a NUL character', (text) => text.includes('\0'));
}

function faultsIn(values: unknown, keyword: string, message: string, isWrong: (text: string) => boolean): Fault[] {
  const faults: Fault[] = [];
  const visit = (value: unknown, path: string[]): void => {
    if (typeof value === 'string' && isWrong(value)) faults.push({ path, keyword, message });
    if (!value || typeof value !== 'object') return;
    for (const [name, inner] of Object.entries(value)) {
      if (isWrong(name)) faults.push({ path: [...path, shown(name)], keyword, message });
      visit(inner, [...path, name]);
    }
  };
  visit(values, ['body']);
  return faults;
}

const loneSurrogate = /\p{Surrogate}/u;
const shown = (text: string) => text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd');

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch (cause) {
    throw new Failure('unsupported', `Unsupported charset "${charset}".`, { cause });
  }
}
