// Row 5: better-auth + @better-auth/api-key. STORAGE=database (its default) or secondary (in-process Map).

import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import express from 'express';
import pg from 'pg';
import { listen, tell } from './common.mjs';

const secondary = process.env.STORAGE === 'secondary';
const map = new Map();
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const auth = betterAuth({
  database: pool,
  secret: 'peers-benchmark-secret-of-no-value-0123456789',
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  logger: { disabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  ...(secondary && {
    secondaryStorage: {
      get: (k) => map.get(k) ?? null,
      set: (k, v) => {
        map.set(k, v);
      },
      delete: (k) => {
        map.delete(k);
      },
    },
  }),
  plugins: [apiKey({ rateLimit: { enabled: false }, ...(secondary && { storage: 'secondary-storage' }) })],
});

// Set-up, before listening: its own migrations, then users and keys by its own API.
await (await getMigrations(auth.options)).runMigrations();
const { internalAdapter } = await auth.$context;
const owners = JSON.parse(process.env.OWNERS);
const made = [];
for (const [n, owner] of owners.entries()) {
  const user = await internalAdapter.createUser({ email: `u${n}@example.test`, name: `u${n}`, emailVerified: true });
  await pool.query('update pipelines set owner = $1 where owner_id = $2', [user.id, owner]);
  const k = await auth.api.createApiKey({ body: { userId: user.id, name: `k${n}` } });
  made.push({ key: k.key, id: k.id, userId: user.id });
}
process.on('message', async ({ revoke, seq }) => {
  const { id, userId } = made[revoke];
  try {
    await auth.api.updateApiKey({ body: { keyId: id, userId, enabled: false } });
    tell({ seq });
  } catch (e) {
    tell({ seq, error: String(e?.message || e) });
  }
});

const app = express().disable('etag').disable('x-powered-by');
app.get('/api/v1/pipelines', async (req, res) => {
  const key = req.headers['x-api-key'];
  const r = typeof key === 'string' ? await auth.api.verifyApiKey({ body: { key } }) : { valid: false };
  if (!r.valid) return res.status(401).json({ error: r.error?.code ?? 'no key' });
  const { rows } = await pool.query({
    name: 'list',
    text: 'select uuid, name, type, tags from pipelines where owner = $1 order by uuid limit 5',
    values: [r.key.referenceId],
  });
  res.json(rows);
});
listen(app, { keys: made.map((m) => m.key) });
