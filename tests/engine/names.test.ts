import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

const root = `${import.meta.dirname}/../..`;
const sources = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** Names that several folders have, as the file plays the same part in each. */
const parts = [
  ...['index', 'resource', 'policy', 'presenter', 'collect', 'row'], // of an endpoint
  ...['index', 'operations', 'endpoints', 'authenticate', 'envelope', 'failure', 'types'], // of a surface
  ...['files', 'keys', 'pipelines', 'runs', 'sessions', 'webhooks'], // of what several surfaces serve
];
/** The same word for two things that each folder rightly calls so: the HTTP server and Postgres. */
const homonyms = ['server'];

it('no two files of the server bear the same name, but for the parts of endpoints and surfaces', () => {
  // The command line is a program of its own, with settings, a download and a main of its own; so are the clients.
  const names = sources.filter((file) => !/^(cli|clients)\//.test(file)).map((file) => basename(file, '.ts'));
  expect(names.length).toBeGreaterThan(200);
  const twice = names.filter((name, at) => names.indexOf(name) !== at && ![...parts, ...homonyms].includes(name));
  expect(twice).toEqual([]);
});

it('a comment that cites docs/compat names a heading that is there', () => {
  const pages = readdirSync(`${root}/docs/compat`);
  const headings = Object.fromEntries(
    pages.map((page) => [page, readFileSync(`${root}/docs/compat/${page}`, 'utf8').match(/(?<=^#+ ).*/gm) ?? []]),
  );
  const cited = sources.flatMap((file) => {
    const text = readFileSync(`${root}/src/${file}`, 'utf8').replace(/\s*\n\s*(?:\*|\/\/)? ?/g, ' ');
    return [...text.matchAll(/docs\/compat\/(\w+\.md): (.{40})/g)].map(([, page = '', after = '']) => ({
      file,
      page,
      after,
    }));
  });
  expect(cited.length).toBeGreaterThan(50);
  expect(cited.filter(({ page, after }) => !headings[page]?.some((heading) => after.startsWith(heading)))).toEqual([]);
});
