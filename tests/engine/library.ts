import type { Contract } from '../../src/contract/contract.ts';
import { Failure } from '../../src/contract/failure.ts';
import type { Surface } from '../../src/wire/surface.ts';

const ok = (schema: object) => ({ description: 'ok', content: { 'application/json': { schema } } });
const error = ok({ type: 'object', required: ['error'], properties: { error: { type: 'string' } } });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer' } };
const book = { $ref: '#/components/schemas/Book' };

/** A small contract with one of everything that the engine promises. */
export const contract = {
  openapi: '3.1.0',
  info: { title: 'Library', version: '1' },
  servers: [{ url: '/library' }],
  security: [{ key: [], badge: [] }, { badge: [] }, { key: [] }],
  paths: {
    '/books': {
      get: {
        operationId: 'listBooks',
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', default: 10, maximum: 50 } },
          {
            name: 'tag[]',
            in: 'query',
            style: 'form',
            explode: false,
            schema: { type: 'array', items: { enum: ['new', 'old'] } },
          },
          { name: 'q', in: 'query', schema: { type: 'string' } },
        ],
        responses: { 200: ok({ type: 'array', items: book }), '4XX': error, '5XX': error },
      },
      post: {
        operationId: 'createBook',
        requestBody: { required: true, content: { 'application/json': { schema: book } } },
        responses: { 201: ok(book), '4XX': error, '5XX': error },
      },
    },
    '/books/{id}': {
      get: { operationId: 'getBook', parameters: [id], responses: { 200: ok(book), '4XX': error, '5XX': error } },
    },
    '/books/{id}/shelf': {
      put: {
        operationId: 'shelveBook',
        deprecated: true,
        'x-deprecation': { since: '2026-01-01T00:00:00Z', sunset: '2027-01-01T00:00:00Z', link: '/docs/shelves' },
        parameters: [id, { name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } }],
        responses: { 200: ok(book), '4XX': error, '5XX': error },
      },
    },
    '/books/new': { get: { operationId: 'newBook', security: [], responses: { 200: ok(book), '5XX': error } } },
  },
  components: {
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'x-key' },
      badge: { type: 'apiKey', in: 'header', name: 'x-badge' },
    },
    schemas: {
      Book: {
        type: 'object',
        required: ['id', 'title'],
        additionalProperties: false,
        properties: { id: { type: 'integer' }, title: { type: 'string', maxLength: 20 } },
      },
    },
  },
} as unknown as Contract;

/** What was asked, in order: schemes, then calls. */
export const seen: unknown[] = [];

const statuses: Record<string, number> = {
  invalid: 400,
  unauthenticated: 401,
  not_found: 404,
  not_allowed: 405,
  not_acceptable: 406,
  too_large: 413,
  precondition_required: 428,
  unsupported: 415,
  internal: 500,
};

const carried =
  (scheme: string, userId: number): Surface['authenticate'][string] =>
  async (request) => {
    seen.push(scheme);
    const value = request.get(`x-${scheme}`);
    if (value === undefined) return undefined;
    if (value !== 'good')
      throw new Failure('unauthenticated', `bad ${scheme}`, { headers: { 'WWW-Authenticate': 'Key' } });
    return { kind: 'user', userId, accountId: 1, roles: ['owner'] };
  };

/** A surface on that contract; its handlers note the call they get, and give what the table says. */
export function library(handlers: Surface['handlers'] = {}): Surface {
  return {
    contract,
    handlers: {
      listBooks: async () => [],
      createBook: async (_context, { body }) => body,
      getBook: async (_context, { id }) => ({ id, title: 'A book' }),
      shelveBook: async (_context, { id }) => ({ id, title: 'Shelved' }),
      newBook: async () => ({ id: 0, title: 'New' }),
      ...handlers,
    },
    authenticate: { key: carried('key', 1), badge: carried('badge', 2) },
    envelope: {
      headers: { 'Access-Control-Allow-Origin': '*' },
      ask: () => (request) => {
        const call = {
          ...request.params,
          query: { ...request.query },
          body: request.body,
          page: { offset: 0, order: [] },
        };
        seen.push(call);
        return call;
      },
      answer: () => (result) => result,
      failure: ({ kind, message, fields }) => ({
        status: statuses[kind] ?? 500,
        body: { error: message, ...(fields && { fields }) },
      }),
    },
  };
}
