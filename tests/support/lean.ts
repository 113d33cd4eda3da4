import { createRequire } from 'node:module';

/**
 * The validator compiles each status of each operation together with the whole contract; with what the schema refers to
 * it is the same check in a tenth of the time. Loaded before the first app is made.
 */
const util = createRequire(import.meta.url)('express-openapi-validator/dist/middlewares/util.js') as {
  useAjvCache(ajv: { opts: { code: { optimize: boolean | number } } }, schema: Schema, key: string): unknown;
};
const whole = util.useAjvCache;
util.useAjvCache = (ajv, schema, key) => {
  // Most checks here run a few times: making their code shorter costs more than it saves.
  ajv.opts.code.optimize = false;
  return whole(ajv, lean(schema), key);
};

type Schema = Record<string, unknown> & { components?: { schemas?: Record<string, unknown> } };

function lean({ paths: _, components = {}, ...schema }: Schema): Schema {
  const schemas: Record<string, unknown> = {};
  const visit = (node: unknown): void => {
    if (!node || typeof node !== 'object') return;
    const name = /^#\/components\/schemas\/([^/]+)$/.exec(String((node as { $ref?: unknown }).$ref))?.[1];
    if (name && !(name in schemas)) {
      schemas[name] = components.schemas?.[name];
      visit(schemas[name]);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(schema);
  return { ...schema, components: { schemas } };
}
