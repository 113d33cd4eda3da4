import type { components } from '../../generated/mystic.ts';
import { parse, parseObject } from './answer.ts';
import { jsonText } from './input.ts';
import { upload } from './upload.ts';

/** An input of the type that its JSON has. It is passed on as text: numbers keep all of their digits. */
export async function valueInput(text: string): Promise<string> {
  const value = await jsonText(text);
  return `{"type":"${typeOf(parse(value), value.trim())}","value":${value}}`;
}

function typeOf(value: unknown, text: string): components['schemas']['RunIOType'] {
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return /^-?\d+$/.test(text) ? 'integer' : 'fp';
  return typeof value === 'object' ? 'dictionary' : (typeof value as 'string' | 'boolean');
}

/** An input that is a file, which is uploaded for it. */
export async function fileInput(local: string): Promise<string> {
  const { name, path, url } = parseObject<components['schemas']['FileGet']>(await upload(local));
  return JSON.stringify({ type: 'file', value: null, file_name: name, file_path: path, file_url: url });
}
