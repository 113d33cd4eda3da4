import { readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** What is of the machine's own code; and what knex asks for where other databases than Postgres are used, and is not there. */
const external = [
  ...['@node-rs/argon2', 'pg-native', 'pg-query-stream'],
  ...['better-sqlite3', 'mariadb', 'mysql', 'mysql2', 'oracledb', 'sqlite3', 'tedious'],
  // What reads settings files in TypeScript asks for it.
  'typescript',
];

/**
 * Puts the server, and all of the packages that it loads, in one file, in the place of what src/start.ts was compiled to: to find, read and
 * link some 1,700 is most of a start.
 * @param {string} folder where src was compiled to; generated is beside it
 */
export async function bundleServer(folder) {
  const real = realpathSync(folder);
  const start = join(real, 'start.js');
  await build({
    entryPoints: [start],
    outfile: start,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'error',
    external,
    plugins: [places(real), contracts(real)],
    // Most packages are CommonJS, and ask for what Node has.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
}

/** What a file finds by its own place, it finds by the place that it had. */
const places = (folder) => ({
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (relative(folder, path).startsWith('..')) return undefined;
      const text = readFileSync(path, 'utf8');
      const place = JSON.stringify(`./${relative(folder, path)}`);
      return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), loader: 'js' };
    });
  },
});

/** JSON is read faster as what it is than as a part of a program. */
const contracts = (folder) => ({
  name: 'contracts',
  setup(build) {
    build.onResolve({ filter: /\/generated\/\w+\.json$/ }, ({ path, resolveDir }) => ({
      path: relative(folder, join(resolveDir, path)),
      external: true,
    }));
  },
});
