import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settings } from '../../src/settings_table.ts';

it('docs/settings.md tells of every setting what the code does', () => {
  const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  for (const [name, { default: value, desc }] of Object.entries(
    settings as Record<string, { default?: unknown; desc?: string }>,
  )) {
    expect(page).toContain(`| \`${name}\` | ${value ?? 'none'} | ${desc} |`);
  }
});
