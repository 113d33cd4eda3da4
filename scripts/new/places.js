import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from '../children.js';

/** Where everything is that the written files import: the one table to change when something moves. */
const modules = {
  tables: 'generated/tables.ts',
  context: 'src/core/context.ts',
  endpoint: 'src/core/endpoint.ts',
  failure: 'src/contract/failure.ts',
  ids: 'src/core/ids.ts',
  page: 'src/core/page.ts',
  rules: 'src/core/rules.ts',
  uuid: 'src/core/uuid.ts',
  endpointTest: 'tests/support/endpoint.ts',
  support: 'tests/support',
};

/** Where what belongs to one thing, and to one surface, is. */
export const core = (names) => `src/core/${names.plural}/index.ts`;
export const contract = (surface, names) => `openapi/${surface}/${names.plural}.yaml`;
export const rootContract = (surface) => `openapi/${surface}.yaml`;
export const bundle = (surface) => `generated/${surface}.json`;
export const handlers = (surface, file) => `src/handlers/${surface}/${file}.ts`;
export const test = (surface, names) => `tests/${surface}/${names.plural}.test.ts`;
export const policyTest = 'tests/slow/policy.test.ts';
export const { tables } = modules;

/** The next free migration. */
export function migration(names) {
  const numbers = readdirSync(join(root, 'migrations')).map((name) => Number.parseInt(name, 10) || 0);
  return `migrations/${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}_${names.plural}.js`;
}

/**
 * What a file calls a module: `from('src/core/swords/index.ts', 'endpoint')`.
 * @param {string} file
 * @param {string} module a name of the table above, or a path
 */
export function from(file, module) {
  const path = relative(dirname(file), modules[module] ?? module);
  return path.startsWith('.') ? path : `./${path}`;
}
