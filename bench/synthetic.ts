import type { Contract } from '../src/contract/contract.ts';
import { Failure } from '../src/contract/failure.ts';
import type { Surface } from '../src/wire/surface.ts';

/** The paths of a synthetic contract: short ones, or ones that share a long beginning with a parameter in it. */
export const families = { short: '', long: '/v1/accounts/{account}' };
export type Family = keyof typeof families;

/** The credential that every call carries. */
export const key = 'bench';

const name = (index: number) => `things${String(index).padStart(3, '0')}`;

/** A contract of `count` operations: each has an integer in its path, two query parameters, a key and an answer of its own. */
export function contractOf(count: number, family: Family): Contract {
  const things = Array.from({ length: count }, (_, index) => name(index + 1));
  const prefix = families[family];
  return {
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    servers: [{ url: base(count, family) }],
    security: [{ key: [] }],
    paths: Object.fromEntries(things.map((thing) => [`${prefix}/${thing}/{id}`, { get: operation(thing, prefix) }])),
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } },
      schemas: Object.fromEntries([...things.map((thing) => [thing, answer]), ['error', error]]),
    },
  };
}

const operation = (thing: string, prefix: string) => ({
  operationId: thing,
  parameters: [
    ...(prefix ? [{ name: 'account', in: 'path', required: true, schema: { type: 'string', maxLength: 64 } }] : []),
    { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
    { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
    { name: 'order', in: 'query', schema: { type: 'string', enum: ['newest', 'oldest'] } },
  ],
  responses: { 200: content(thing), '4XX': content('error'), '5XX': content('error') },
});

const content = (schema: string) => ({
  description: schema,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
});

const answer = {
  type: 'object',
  required: ['id', 'name', 'limit', 'order'],
  additionalProperties: false,
  properties: {
    id: { type: 'integer' },
    name: { type: 'string', maxLength: 80 },
    limit: { type: 'integer' },
    order: { type: ['string', 'null'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
};
const error = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };

/** What every server of a bench answers. Values that the contract makes numbers stay so. */
export const thing = (id: unknown, { limit, order = null }: Record<string, unknown>) => ({
  id,
  name: `The thing number ${id}`,
  limit,
  order,
  tags: ['first', 'second'],
});

/** Where a contract is served. */
export const base = (count: number, family: Family) => `/${family}${count}`;

/** Where the operation number `index` of a contract is asked for. */
export const target = (count: number, family: Family, index: number) =>
  `${base(count, family)}${families[family].replace('{account}', 'northwind')}/${name(index)}/7?limit=10&order=newest`;

/** That contract as a surface of ours. Its credential is compared in memory; nothing is asked of a database. */
export function surfaceOf(count: number, family: Family): Surface {
  const contract = contractOf(count, family);
  const handler: Surface['handlers'][string] = async (_context, { id, query }) => thing(id, query);
  const ids = Object.keys(contract.components?.schemas ?? {});
  return {
    contract,
    handlers: Object.fromEntries(ids.map((id) => [id, handler])),
    authenticate: {
      key: async (request) => {
        const given = request.get('x-key');
        if (given === undefined) return undefined;
        if (given !== key) throw new Failure('unauthenticated', 'Unknown key.');
        return { kind: 'user', userId: 1, accountId: 1, roles: ['owner'] };
      },
    },
    envelope: {
      headers: { 'Access-Control-Allow-Origin': '*' },
      ask: () => (request) => ({
        id: request.params.id as string,
        query: request.query,
        body: request.body,
        page: { offset: 0, order: [] },
      }),
      answer: () => (result) => result,
      failure: ({ kind, message }) => ({ status: kind === 'invalid' ? 400 : 500, body: { error: message } }),
    },
  };
}
