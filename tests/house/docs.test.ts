import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settings } from '../../src/settings_table.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/settings.md tells of every setting what the code does', () => {
  const page = read('docs/settings.md');
  for (const [name, { default: value, desc }] of Object.entries(
    settings as Record<string, { default?: unknown; desc?: string }>,
  )) {
    expect(page).toContain(`| \`${name}\` | ${value ?? 'none'} | ${desc} |`);
  }
});

it('of MaiAgent’s example programs, those that the page says to work are restated and run', () => {
  const rows = [...read('docs/compat/maiagent-examples.md').matchAll(/^\| `(\S+\.py)` \|.*\| (\w+)[^|]*\|$/gm)];
  const working = rows.flatMap(([, file, here]) => (here === 'works' ? [file] : []));
  const restated = [...read('tests/conformance/maiagent.py').matchAll(/^ {4}'(\S+\.py)': /gm)].map(([, file]) => file);
  expect(rows).toHaveLength(31);
  expect(working.sort()).toEqual(restated.sort());
});
