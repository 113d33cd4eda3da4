// Row 1: bare node:http returning the JSON constant.
import http from 'node:http';
import { listen } from './common.mjs';

const body = process.env.CONSTANT;
const head = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) };
listen(
  http.createServer((_req, res) => {
    res.writeHead(200, head);
    res.end(body);
  }),
);
