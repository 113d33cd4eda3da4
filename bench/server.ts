// One server that is measured, in a process of its own: `server.ts KIND`. Says its port over IPC, and then,
// whenever it is asked, the CPU time it has used.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { middleware } from 'express-openapi-validator';
import type { House } from '../src/core/house.ts';
import { base, contractOf, key, surfaceOf, thing } from './synthetic.ts';

// The compiled one, as `npm start` runs it: what compiles on the fly also slows down a little.
const built = (name: string) => import(new URL(`../dist/src/${name}.js`, import.meta.url).href);
const { mount } = (await built('wire/mount')) as typeof import('../src/wire/mount.ts');
const { bare } = (await built('wire/express')) as typeof import('../src/wire/express.ts');

/** The kinds of server: ours, and what it stands beside. */
const kinds = {
  /** All contracts in one process: the same compiled code and the same heap, so that only the contract differs. */
  async latchkey(): Promise<RequestListener> {
    const app = bare();
    for (const count of [10, 100, 400]) app.use(base(count, 'short'), await mount(surfaceOf(count, 'short'), house));
    for (const count of [10, 400]) app.use(base(count, 'long'), await mount(surfaceOf(count, 'long'), house));
    return app;
  },

  /** express-openapi-validator as its readme shows it: one middleware for the whole contract, then the routes. */
  validator(): RequestListener {
    const contract = contractOf(400, 'short');
    const app = plain().use(express.json());
    const handlers = { key: ({ headers }: { headers: object }) => (headers as { 'x-key'?: string })['x-key'] === key };
    app.use(
      middleware({
        apiSpec: contract as never,
        validateApiSpec: false,
        validateSecurity: { handlers },
        $refParser: { mode: 'bundle' },
      }),
    );
    for (const path of Object.keys(contract.paths)) {
      app.get(base(400, 'short') + path.replaceAll('{', ':').replaceAll('}', ''), ({ params, query }, response) => {
        response.json(thing(params.id, query));
      });
    }
    // Without it, every refusal is written to stderr.
    app.use(((error, _request, response, _next) => {
      response.status(error.status ?? 500).json({ error: error.message });
    }) as ErrorRequestHandler);
    return app;
  },

  express: (): RequestListener =>
    plain().get('/short400/:things/:id', ({ params, query }, response) => {
      response.json(thing(Number(params.id), { ...query, limit: Number(query.limit) }));
    }),

  http: (): RequestListener => (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = Object.fromEntries(url.searchParams);
    const body = JSON.stringify(
      thing(Number(url.pathname.split('/').at(-1)), { ...query, limit: Number(query.limit) }),
    );
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  },
};
export type Kind = keyof typeof kinds;

const plain = (): Express => express().disable('x-powered-by');
// No statement is run here, so the house needs no database.
const config = { corsOrigins: ['*'] };
const house = { log: { error: () => {} }, checkResponses: false, config } as unknown as House;

const kind = process.argv[2] as Kind;
const server = createServer(await kinds[kind]());
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system });
});
// It ends with the process that measures it, however that one ends.
process.on('disconnect', () => process.exit());
