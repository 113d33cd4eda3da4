import { isNode, LineCounter, parseDocument } from 'yaml';
import { Stop } from '../stop.ts';

/** A file of YAML, as JSON. */
export interface Yaml {
  value: Json;
  /** The file and the line where something is, or its nearest parent. */
  at(...path: (string | number)[]): string;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * Reads YAML as PyYAML does, which Mage reads it with: version 1.1, and the last of equal keys counts. Throws a `Stop` that names the
 * file and the line of what is wrong.
 */
export function readYaml(file: string, text: string): Yaml {
  const lines = new LineCounter();
  const wrong = (offset: number, sentence: string) =>
    new Stop('usage', `${file}:${lines.linePos(offset).line}: ${sentence.replace(/[.\s]*$/, '.')}`);
  const document = parsed(file, () =>
    parseDocument(text, { lineCounter: lines, version: '1.1', uniqueKeys: false, prettyErrors: false }),
  );
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake) throw wrong(mistake.pos[0], mistake.message);
  const offsetOf = (path: readonly (string | number)[]): number => {
    const node = path.length > 0 ? document.getIn(path, true) : document.contents;
    if (isNode(node) && node.range) return node.range[0];
    return path.length > 0 ? offsetOf(path.slice(0, -1)) : 0;
  };
  const at = (...path: (string | number)[]) => `${file}:${lines.linePos(offsetOf(path)).line}`;
  return {
    at,
    value: parsed(file, () =>
      jsonOf(document.toJS({ maxAliasCount: 100 }), (path, sentence) => wrong(offsetOf(path), sentence)),
    ),
  };
}

/** Text that is nested too deep, or that stands for too much of itself, is no project's. */
function parsed<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Stop) throw error;
    throw new Stop('usage', `${file}:1: It cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

type Wrong = (path: (string | number)[], sentence: string) => Stop;

/** What JSON has no words for becomes what Mage makes of it: a time its text. */
function jsonOf(value: unknown, wrong: Wrong, path: (string | number)[] = []): Json {
  const inner = (one: unknown, key: string | number) => jsonOf(one, wrong, [...path, key]);
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (isExact) return value;
    throw wrong(path, `${value} is a number that is not brought as it is. Write it as text`);
  }
  if (value instanceof Date)
    return value
      .toISOString()
      .replace('T', ' ')
      .replace(/(\.000)?Z$/, '+00:00');
  if (value instanceof Set || Array.isArray(value)) return [...value].map(inner);
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, inner(one, key)]));
  throw wrong(path, 'This is no text, number, list or dictionary');
}
