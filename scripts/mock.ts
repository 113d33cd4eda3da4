// The contracts served from their own examples: `npm run mock`, or `-- latchkey mystic`. No database: the engine checks credentials by their
// presence, and requests by the contract, and every answer is the example that the contract gives. PORT says where, 6790 unless it is set.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig } from '../src/config.ts';
import { type Contract, type Node, operationsOf, resolve } from '../src/contract/contract.ts';
import { openFiles } from '../src/core/files/open.ts';
import type { House } from '../src/core/house.ts';
import type { Principal } from '../src/core/principal.ts';
import { surface as latchkey } from '../src/handlers/latchkey/index.ts';
import { surface as mage } from '../src/handlers/mage/index.ts';
import { surface as magpipe } from '../src/handlers/magpipe/index.ts';
import { surface as magpipe_auth } from '../src/handlers/magpipe_auth/index.ts';
import { surface as maiagent } from '../src/handlers/maiagent/index.ts';
import { surface as mystic } from '../src/handlers/mystic/index.ts';
import { surface as mystic_v3 } from '../src/handlers/mystic_v3/index.ts';
import { bare } from '../src/wire/express.ts';
import { mount } from '../src/wire/mount.ts';
import { front } from '../src/wire/request_line.ts';
import { headerOf, schemeCookies } from '../src/wire/security_schemes.ts';
import { Streamed } from '../src/wire/streamed.ts';
import type { Request, Surface } from '../src/wire/surface.ts';

const surfaces = { magpipe, magpipe_auth, maiagent, mage, mystic, mystic_v3, latchkey };

/** Whoever sends a credential. */
const anybody: Principal = { kind: 'user', userId: 1, accountId: 1, roles: ['owner'] } as Principal;

/** What serves these surfaces. */
export async function mockOf(names: readonly string[], folder: string): Promise<RequestListener> {
  const house = houseOf(readConfig({ LATCHKEY_DATA: folder }));
  const app = bare();
  app.use((request, _response, next) => {
    // Nothing is kept, so nothing can come again.
    delete request.headers['idempotency-key'];
    next();
  });
  for (const [name, surface] of Object.entries(surfaces))
    if (names.length === 0 || names.includes(name))
      app.use(surface.contract.servers[0]?.url ?? '/', await mount(mocked(surface), house));
  app.use((_request, response) => void response.status(404).json({ error: 'not_found' }));
  return front(house, app);
}

/** A surface whose operations answer with the contract's examples. */
function mocked(surface: Surface): Surface {
  const { contract, authenticate, envelope } = surface;
  const schemes = (contract.components?.securitySchemes ?? {}) as Record<string, Node>;
  const handlers = operationsOf(contract).map(({ id, method, path, isJson }) => {
    const { type, example } = exampleOf(contract, contract.paths[path]?.[method.toLowerCase()] as Node);
    const answer = async () =>
      isJson ? example : new Streamed({ headers: { 'Content-Type': type }, body: Readable.from([textOf(example)]) });
    return [id, answer];
  });
  const { limit: _, left: __, ...rest } = surface;
  return {
    ...rest,
    handlers: Object.fromEntries(handlers),
    authenticate: Object.fromEntries(
      Object.keys(authenticate).map((name) => [
        name,
        async (request) => (carries(request, schemes[name] ?? {}) ? anybody : undefined),
      ]),
    ),
    envelope: { ...envelope, answer: () => (result) => result },
  };
}

function exampleOf(contract: Contract, operation: Node): { type: string; example: unknown } {
  const responses = operation.responses as Record<string, Node>;
  const success = Object.keys(responses).find((status) => status.startsWith('2')) ?? '';
  const content = (resolve(contract, responses[success] ?? {}).content ?? {}) as Record<string, Node>;
  const [type = '', said = {}] = Object.entries(content)[0] ?? [];
  const [first] = Object.values((said.examples ?? {}) as Record<string, { value: unknown }>);
  return { type: type === '*/*' ? 'application/octet-stream' : type, example: said.example ?? first?.value };
}

const textOf = (example: unknown) => (typeof example === 'string' ? example : `${JSON.stringify(example ?? '')}\n`);

/** Whether a request has anything where this scheme stands. */
function carries(request: Request, scheme: Node): boolean {
  if (scheme.in === 'cookie') return schemeCookies(request, scheme).length > 0;
  const header = headerOf(scheme);
  if (header === undefined) return request.query[String(scheme.name)] !== undefined;
  const value = request.get(header);
  return value !== undefined && (scheme.scheme !== 'bearer' || /^bearer ./i.test(value));
}

/** As much of a house as the wire needs where nothing is kept. */
function houseOf(config: Config): House {
  const nothing = () => undefined;
  const log = { info: nothing, warn: nothing, error: console.error, debug: nothing };
  return {
    config,
    log,
    limits: { failed: async (_address: string, refusal: unknown) => refusal, left: async () => undefined },
    usedSessions: { note: nothing },
    usage: { note: nothing },
    latency: { note: nothing },
    files: openFiles(config, { fileStore: 'mock' }),
    checkResponses: true,
    draining: false,
  } as unknown as House;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in surfaces));
  if (unknown !== undefined) {
    console.error(`There is no surface ${unknown}: ${Object.keys(surfaces).join(', ')}.`);
    process.exit(2);
  }
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mock-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
  const server = createServer(await mockOf(names, folder));
  server.listen(Number(process.env.PORT ?? 6790), '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    console.log(`Latchkey's contracts, from their examples: http://localhost:${port}`);
  });
}
