// Rows 3 and 4: Express 5 + pg, one prepared statement. With CONTRACT=1, express-openapi-validator in front,
// on a contract of 60 operations of which the measured one is the last.
import { createHash } from 'node:crypto';
import express from 'express';
import pg from 'pg';
import { listen, STATEMENT } from './common.mjs';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express().disable('etag').disable('x-powered-by');
if (process.env.CONTRACT) {
  const { default: OpenApiValidator } = await import('express-openapi-validator');
  app.use(OpenApiValidator.middleware({ apiSpec: contract(), validateRequests: true, validateResponses: false }));
}
app.get('/api/v1/pipelines', async (req, res) => {
  const key = req.headers['x-api-key'];
  if (typeof key !== 'string') return res.status(401).json({ error: 'no key' });
  const { rows } = await pool.query({ ...STATEMENT, values: [createHash('sha256').update(key).digest()] });
  if (!rows.length) return res.status(401).json({ error: 'bad key' });
  res.json(rows[0].uuid === null ? [] : rows);
});
app.use((err, _req, res, _next) => res.status(err.status || 500).json({ error: err.message }));
listen(app);

function contract() {
  const thing = {
    type: 'object',
    required: ['uuid', 'name'],
    additionalProperties: false,
    properties: {
      uuid: { type: 'string', format: 'uuid' },
      name: { type: 'string', minLength: 1, maxLength: 200 },
      type: { type: 'string', enum: ['etl', 'ml', 'report'] },
      tags: { type: 'array', items: { type: 'string' } },
    },
  };
  const ok = (schema) => ({ 200: { description: 'ok', content: { 'application/json': { schema } } } });
  const list = { type: 'array', items: { $ref: '#/components/schemas/Thing' } };
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
  const limit = { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 5 } };
  const one = { $ref: '#/components/schemas/Thing' };
  const body = { required: true, content: { 'application/json': { schema: one } } };
  const paths = {};
  let ops = 0;
  // 14 resources x 4 operations (56) + 3 reads + the measured one = 60.
  for (let r = 1; r <= 14; r++) {
    paths[`/api/v1/things${r}`] = {
      get: { parameters: [limit], responses: ok(list) },
      post: { requestBody: body, responses: ok(one) },
    };
    paths[`/api/v1/things${r}/{id}`] = {
      get: { parameters: [id], responses: ok(one) },
      put: { parameters: [id], requestBody: body, responses: ok(one) },
    };
    ops += 4;
  }
  for (const p of ['health', 'me', 'usage']) {
    paths[`/api/v1/${p}`] = { get: { responses: ok(one) } };
    ops++;
  }
  paths['/api/v1/pipelines'] = { get: { operationId: 'listPipelines', parameters: [limit], responses: ok(list) } };
  if (++ops !== 60) throw new Error(`contract has ${ops} operations`);
  return {
    openapi: '3.0.3',
    info: { title: 'peers', version: '1' },
    security: [{ ApiKey: [] }],
    paths,
    components: {
      schemas: { Thing: thing },
      securitySchemes: { ApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
    },
  };
}
