import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const under = (folder: string, form: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => form.test(path) && !path.includes('node_modules'))
    .map((path) => join(folder, path));
const pages = ['README.md', ...under('docs', /\.md$/), ...under('openapi', /\.yaml$/)];

/** What plain English does without. */
const wrong: [why: string, form: RegExp][] = [
  ['a word twice', /(?<!-)\b([a-z]{2,}) \1\b(?!')/gi],
  ['filler', /\b(simply|obviously|basically|actually|easily|leverag\w+|utiliz\w+|in order to|please note)\b/gi],
  ['something unfinished', /\b(TODO|FIXME|TBD|lorem ipsum)\b/g],
  ['two spaces', /[a-z,] {2,}[a-z]/g],
];
/** Said on purpose: a rule of grammar that these words break. */
const meant = /\b(that that|had had|is is|bla bla)\b/i;

/** Prose alone: no code, no links, no tables of what programs print. */
function proseOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8');
  if (path.endsWith('.md'))
    return text
      .replaceAll(/```[\s\S]*?```/g, '')
      .replaceAll(/`[^`\n]*`/g, '·')
      .replaceAll(/\]\([^)]*\)/g, ']');
  return [...text.matchAll(/^\s*(?:summary|description): (.*)$/gm)]
    .map(([, said = '']) => said.replaceAll(/`[^`]*`/g, '·'))
    .join('\n');
}

describe('prose', () => {
  it.each(wrong)('has no %s', (_why, form) => {
    const found = pages.flatMap((path) =>
      [...proseOf(path).matchAll(form)]
        .map(([said]) => said)
        .filter((said) => !meant.test(said))
        .map((said) => `${path}: ${said}`),
    );
    expect(found).toEqual([]);
  });
});
