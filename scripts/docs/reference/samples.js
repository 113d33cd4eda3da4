import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../children.js';
import { tabs } from '../parts.js';
import { block } from './descriptions.js';
import { raw } from './html.js';

/** The languages of the samples, in the order of the tabs: as generated/samples calls them, and as people do. */
export const languages = {
  curl: { title: 'curl', grammar: 'bash' },
  typescript: { title: 'TypeScript', grammar: 'ts' },
  python: { title: 'Python', grammar: 'python' },
  go: { title: 'Go', grammar: 'go' },
  cli: { title: 'Command line', grammar: 'bash' },
};

/** The samples of a surface, by operationId. */
export const readSamples = (surface) =>
  JSON.parse(readFileSync(join(root, `generated/samples/${surface}.json`), 'utf8'));

/** The samples of an operation, a tab for each language; below each other where there is no JavaScript. */
export const sampleTabs = (samples) =>
  raw(
    tabs(
      'language',
      Object.entries(languages)
        .filter(([name]) => samples[name])
        .map(([name, { title, grammar }]) => ({
          name: title,
          html: String(block(samples[name].replaceAll('\t', '  '), grammar)),
        })),
    ),
  );
