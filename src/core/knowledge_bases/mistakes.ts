import type { Context } from '../../endpoint.ts';
import { permittedType } from '../files/index.ts';

/** The most that metadata may take, as JSON in UTF-8; bytes. */
const mostMetadata = 16 * 1024;

/** What is wrong with the name of a file: its ending, or nothing. */
export function nameMistake({ house }: Context, name: string): string[] {
  if (permittedType(house.config, name)) return [];
  return [`Files of this type are not taken here: the name must end in one of ${house.config.uploadTypes.join(', ')}.`];
}

/** What is wrong with what a caller wants to keep with a file: its size, or nothing. */
export function metadataMistake(metadata: Record<string, unknown> | undefined): string[] {
  if (!metadata || Buffer.byteLength(JSON.stringify(metadata)) <= mostMetadata) return [];
  return [`Ensure this field has no more than ${mostMetadata} bytes of JSON.`];
}
