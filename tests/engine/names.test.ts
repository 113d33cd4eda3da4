import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

/** Names that several folders have, as the file plays the same part in each. */
const parts = [
  ...['index', 'resource', 'policy', 'presenter', 'collect', 'row'], // of an endpoint
  ...['index', 'operations', 'endpoints', 'authenticate', 'envelope', 'failure', 'types'], // of a surface
  ...['files', 'runs'], // of the two versions of Mystic
];
/** The same word for two things that each folder rightly calls so: the HTTP server and Postgres. */
const homonyms = ['server'];

it('no two files of the server bear the same name, but for the parts of endpoints and surfaces', () => {
  // The command line is a program of its own, with settings, a download and a main of its own.
  const files = readdirSync(`${import.meta.dirname}/../../src`, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('cli/'),
  );
  expect(files.length).toBeGreaterThan(200);
  const names = files.map((file) => basename(file, '.ts'));
  const twice = names.filter((name, at) => names.indexOf(name) !== at && ![...parts, ...homonyms].includes(name));
  expect(twice).toEqual([]);
});
