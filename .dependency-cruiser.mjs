/** Which room of src/ may know which: arrows run downwards, and none in a circle. `import type` counts. */
const rooms = {
  handlers: ['wire', 'contract', 'core'],
  wire: ['contract', 'core'],
  contract: [],
  core: ['database'],
  database: [],
  cli: [],
  clients: [],
};
const below = (names) => names.map((name) => `^src/${name}/`);
// Known anywhere: what a failure and an operator's mistake are, and JSON with numbers as they came.
const everywhere = ['^src/contract/(failure|json)\\.ts$', '^src/mistake\\.ts$'];
// Known anywhere by their types alone.
const typesOf = '^src/(config|log|s3_settings)\\.ts$';
const express = 'node_modules/(@types/)?express/';

export default {
  forbidden: [
    { name: 'no circle', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([name, known]) => ({
      name: `${name} knows ${known.join(', ') || 'no other room'}`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: '^src/', pathNot: [`^src/${name}/`, ...below(known), ...everywhere, typesOf] },
    })),
    {
      name: 'of config.ts, log.ts and s3_settings.ts the rooms know the types alone',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: typesOf, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'what is known everywhere knows nothing of ours',
      severity: 'error',
      from: { path: everywhere },
      to: { path: '^src/' },
    },
    {
      name: 'core knows rows, and no contract',
      severity: 'error',
      from: { path: '^src/(core|database)/' },
      to: { path: '^generated/', pathNot: '^generated/tables\\.ts$' },
    },
    {
      name: 'a surface knows no other',
      severity: 'error',
      // mystic_v3 is of mystic, magpipe_auth of magpipe.
      from: { path: '^src/handlers/([^/_]+)' },
      to: { path: '^src/handlers/[^/]+/', pathNot: '^src/handlers/$1[/_]' },
    },
    {
      name: 'only the process, wire and contract know Express',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/wire/', '^src/contract/', '^src/(app|console|docs|install)\\.ts$'] },
      to: { path: express },
    },
    {
      name: 'contract knows of Express its types alone',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: express, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only the validator knows the validator',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/contract/operation_checks\\.ts$' },
      to: { path: 'node_modules/express-openapi-validator/' },
    },
    {
      name: 'only core and the database know SQL',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/core/', '^src/database/'] },
      to: { path: 'node_modules/(knex|pg)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^generated/'] },
    moduleSystems: ['es6'],
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
