import { documentType } from '../extracted_text/index.ts';
import type { House } from '../house.ts';

/** What reads files: one, under the name of the vendor's first. */
export const parsers = [
  { id: '0c0f5a34-6a52-4f0b-8d5f-9c6f5b1f7a01', name: 'MaiAgent Parser', provider: 'maiagent', priority: 1 },
] as const;

/** What a parser is called; empty for one that is not ours. */
export function parserName(id: string | null): string {
  return parsers.find((one) => one.id === id)?.name ?? '';
}

/** A parser by its id or its name. Undefined for a name that none has; any other id is kept as it came. */
export function parserNamed(reference: string): { id: string; name: string } | undefined {
  return parsers.find(({ id, name }) => id === reference.toLowerCase() || name === reference);
}

/** The endings of files that are taken here and read. */
export function readTypes({ config }: Pick<House, 'config'>): string[] {
  return config.uploadTypes.filter((ending) => documentType(`x.${ending}`) !== undefined);
}
