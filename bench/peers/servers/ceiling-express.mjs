// Row 2: bare Express 5, res.json of the constant.
import express from 'express';
import { listen } from './common.mjs';

const value = JSON.parse(process.env.CONSTANT);
const app = express().disable('etag').disable('x-powered-by');
app.get('/api/v1/pipelines', (_req, res) => res.json(value));
listen(app);
