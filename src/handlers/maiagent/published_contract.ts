import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import bundle from '../../../generated/maiagent.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Call, Context } from '../../core/context.ts';
import { Streamed } from '../../wire/streamed.ts';

/** What this surface promises. */
export const contract = bundle as unknown as Contract;

const written = {
  json: { type: 'application/json; charset=utf-8', write: () => JSON.stringify(bundle) },
  yaml: { type: 'application/yaml; charset=utf-8', write: () => stringify(bundle, { aliasDuplicateObjects: false }) },
};
/** It is the same for everybody, as long as the process lives: it is written once. */
const texts = new Map<string, string>();

/** The contract itself, for whoever asks, as JSON or as YAML. */
export async function getSchema(_context: Context, { query }: Call<{ format?: 'json' | 'yaml' }>): Promise<Streamed> {
  const { format = 'json' } = query;
  const { type, write } = written[format];
  const text = texts.get(format) ?? write();
  texts.set(format, text);
  return new Streamed({ headers: { 'Content-Type': type }, body: Readable.from([text]) });
}
