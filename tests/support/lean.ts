import { Agent } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The validator compiles each status of each operation together with the whole contract; with what the schema refers to
 * it is the same check in a tenth of the time. Loaded before the first app is made.
 */
const util = require('express-openapi-validator/dist/middlewares/util.js') as {
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

/** supertest would open a connection for each request: they are kept, for less long than a server keeps them. */
const agent = new Agent({ keepAlive: true, timeout: 2_000 });
const { Test } = require('supertest') as { Test: { prototype: { request(this: Sending): unknown } } };
interface Sending {
  url: string;
  agent(): unknown;
  agent(chosen: Agent): unknown;
}
const open = Test.prototype.request;
Test.prototype.request = function (this: Sending) {
  if (this.agent() === false && this.url.startsWith('http:')) this.agent(agent);
  return open.call(this);
};
