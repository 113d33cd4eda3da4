import { writeJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { permittedType } from '../files/index.ts';

/** The most that metadata may take, as JSON in UTF-8, in bytes; and how deep it may be. */
const mostBytes = 16 * 1024;
const mostLevels = 100;

/** What is wrong with the name of a file: its ending, or nothing. */
export function nameMistake({ house }: Context, name: string): string[] {
  if (permittedType(house.config, name)) return [];
  return [`Files of this type are not taken here: the name must end in one of ${house.config.uploadTypes.join(', ')}.`];
}

/** What is wrong with what a caller wants to keep with a file: its depth, its size, or nothing. */
export function metadataMistake(metadata: Record<string, unknown> | undefined): string[] {
  // The depth comes first: what is thousands of levels deep cannot even be written as JSON.
  if (isDeeper(metadata, mostLevels)) return [`Ensure this field has no more than ${mostLevels} levels.`];
  if (!metadata || Buffer.byteLength(writeJson(metadata)) <= mostBytes) return [];
  return [`Ensure this field has no more than ${mostBytes} bytes of JSON.`];
}

function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth < levels; depth += 1) {
    level = level.flatMap((one) => Object.values(one ?? {})).filter((one) => typeof one === 'object');
    if (level.length === 0) return false;
  }
  return true;
}
