import { createHash } from 'node:crypto';

export const modelKinds = ['chat', 'embedding', 'rerank'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** A model that the operator runs or rents, as the file of LATCHKEY_MODELS has it (docs/models.md). */
export interface Model {
  /** Made of its kind and its name: the same wherever the same file is read. */
  id: string;
  /** What people choose it by; unlike those of all other models of its kind. */
  name: string;
  kind: ModelKind;
  /** Where it answers as OpenAI does: `http://127.0.0.1:11434/v1`; without a slash at its end. */
  baseUrl: string;
  /** What it is called there. */
  model: string;
  apiKey?: string | undefined;
  /** How many tokens it takes in all, question and answer; 8,192 where nothing is said. */
  contextSize: number;
}

/** The id of a model: a UUID of version 8 (RFC 9562 §5.8) of its kind and name. */
export function modelIdOf(kind: ModelKind, name: string): string {
  const bytes = createHash('sha256').update(`${kind}:${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
