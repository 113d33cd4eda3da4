import pino from 'pino';
import request from 'supertest';
import type { Contract } from '../../src/contract/contract.ts';
import type { House } from '../../src/core/house.ts';
import { envelopeOf } from '../../src/handlers/maiagent/envelope.ts';
import { bare } from '../../src/wire/express.ts';
import { mount } from '../../src/wire/mount.ts';

const text = (more: object = {}) => ({ type: 'string', ...more });
const item = {
  type: 'object',
  required: ['file', 'filename'],
  properties: { file: text(), filename: text({ minLength: 1 }) },
};
/** A body with every keyword that a contract may use. */
const thing = {
  type: 'object',
  required: ['name'],
  properties: {
    name: text({ minLength: 2, maxLength: 5 }),
    code: text({ pattern: '^[A-Z]+$' }),
    kind: text({ enum: ['cat', 'dog'] }),
    id: text({ format: 'uuid' }),
    mail: text({ format: 'email' }),
    link: text({ format: 'uri' }),
    at: text({ format: 'date-time' }),
    maxCount: { type: 'integer', minimum: 1, maximum: 10 },
    ratio: { type: 'number', minimum: 0, maximum: 1 },
    on: { type: 'boolean' },
    tags: { type: 'array', minItems: 2, maxItems: 3, uniqueItems: true, items: text({ maxLength: 3 }) },
    some: { type: 'array', minItems: 1, items: { type: 'integer' } },
    inner: { type: 'object', required: ['content'], properties: { content: text(), sizeNow: { type: 'integer' } } },
    files: { type: 'array', items: item },
    meta: { type: 'object', additionalProperties: true },
    secret: text({ format: 'password', minLength: 1 }),
    closed: { type: 'object', additionalProperties: false, properties: { a: text() } },
    maybe: { type: ['string', 'null'], maxLength: 3 },
  },
};
const post = (operationId: string, content: object) => ({
  operationId,
  requestBody: { required: true, content },
  responses: { 200: { description: 'ok', content: { 'application/json': { schema: { type: 'object' } } } } },
});
const json = (schema: object) => ({ 'application/json': { schema } });
const form = { type: 'object', required: ['file'], properties: { file: text({ format: 'binary' }) } };
const contract = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  servers: [{ url: '/' }],
  security: [],
  paths: {
    '/things/': { post: post('createThing', json(thing)) },
    '/closed/': { post: post('createClosed', json({ ...thing, additionalProperties: false })) },
    '/forms/': { post: post('createForm', { 'multipart/form-data': { schema: form } }) },
  },
} as unknown as Contract;

/** What the handler was given last. */
export const seen: { body?: unknown } = {};
const handler = async (_context: unknown, { body }: { body: unknown }) => {
  seen.body = body;
  return {};
};
const house = {
  log: pino({ level: 'silent' }),
  checkResponses: true,
  config: { maxUploadBytes: 1000, corsOrigins: [] },
};
const handlers = { createThing: handler, createClosed: handler, createForm: handler };
/** Three operations on that contract, without a house behind them. */
export const app = bare().use(
  await mount({ contract, handlers, authenticate: {}, envelope: envelopeOf(contract) }, house as unknown as House),
);

/** A body as it stands, or as JSON. */
export const send = (body: unknown, path = '/things/', type = 'application/json') =>
  request(app)
    .post(path)
    .type(type)
    .send(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
/** The errors of a thing that is right, but for this. */
export const errors = async (wrong: object, path?: string) => {
  const { status, body } = await send({ name: 'Ada', ...wrong }, path);
  return status === 200 ? undefined : [status, body];
};
