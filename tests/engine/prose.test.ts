import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const under = (folder: string, form: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => form.test(path) && !path.includes('node_modules'))
    .map((path) => join(folder, path));
const pages = ['README.md', ...under('docs', /\.md$/), ...under('generated', /^[a-z_0-9]+\.json$/)];

/** What plain English does without. */
const wrong: [why: string, form: RegExp][] = [
  ['a word twice', /(?<![-·])\b([a-z]{2,})\s\1\b(?!')/gi],
  ['filler', /\b(simply|obviously|basically|actually|easily|leverag\w+|utiliz\w+|in order to|please note)\b/gi],
  ['something unfinished', /\b(TODO|FIXME|TBD|lorem ipsum)\b/g],
  ['two spaces', /[a-z,] {2,}[a-z]/g],
];
/** Said on purpose: a rule of grammar that these words break. */
const meant = /\b(that that|had had|is is|bla bla)\b/i;

/** The keywords of a contract whose text people read. */
const read = ['summary', 'description', 'x-beyond-schema'];

/** Markdown without code and addresses. */
const withoutCode = (text: string) =>
  text
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(/`[^`]*`/g, '·')
    .replaceAll(/\]\([^)]*\)/g, ']');

/** Every text of a contract that people read, however it is folded; examples are what programs say. */
function* textsOf(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === 'string' && read.includes(name)) yield value;
    else if (name !== 'example' && name !== 'value') yield* textsOf(value);
  }
}

/** Prose alone: no code, no links, no tables of what programs print; of contracts, each text once. */
const proses = pages.map((path): [path: string, prose: string] => {
  const text = readFileSync(join(root, path), 'utf8');
  const texts = path.endsWith('.md') ? [text] : [...new Set(textsOf(JSON.parse(text)))];
  return [path, texts.map(withoutCode).join('\n\n')];
});

describe('prose', () => {
  it.each(wrong)('has no %s', (_why, form) => {
    const found = proses.flatMap(([path, prose]) =>
      [...prose.matchAll(form)]
        .map(([said]) => said)
        .filter((said) => !meant.test(said))
        .map((said) => `${path}: ${said}`),
    );
    expect(found).toEqual([]);
  });
});
