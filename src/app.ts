import type { RequestListener } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { apiCatalog, catalogType } from './api_catalog.ts';
import type { Config } from './config.ts';
import { consolePages, type ServerMap } from './console.ts';
import type { House } from './core/house.ts';
import { toFailure } from './core/to_failure.ts';
import { docs } from './docs.ts';
import { statuses } from './handlers/http_statuses.ts';
import { cookieOf } from './handlers/latchkey/cookie.ts';
import { surface as latchkey } from './handlers/latchkey/index.ts';
import { surface as mage } from './handlers/mage/index.ts';
import { surface as magpipe } from './handlers/magpipe/index.ts';
import { surface as magpipeAuth } from './handlers/magpipe_auth/index.ts';
import { surface as maiagent } from './handlers/maiagent/index.ts';
import { surface as mystic } from './handlers/mystic/index.ts';
import { surface as mysticV3 } from './handlers/mystic_v3/index.ts';
import { install } from './install.ts';
import { requestLog } from './request_log.ts';
import { version } from './version.ts';
import { callerOf } from './wire/caller.ts';
import { sharing } from './wire/cors.ts';
import { bare, doorOf, type Way } from './wire/express.ts';
import { mount } from './wire/mount.ts';
import { quickDoor } from './wire/quick_door.ts';
import { front } from './wire/request_line.ts';
import type { Surface } from './wire/surface.ts';
import { cleanAddress } from './wire/url.ts';

/** The published APIs, the longest path first. */
const surfaces: Surface[] = [magpipe, magpipeAuth, maiagent, mage, mystic, mysticV3, latchkey];

/** Everything that answers: the surfaces, the docs, the console, and the two questions a load balancer asks. */
export async function createApp(house: House): Promise<RequestListener> {
  const app = bare();
  const ways: Way[] = [];
  for (const surface of surfaces) {
    const door = await mount(surface, house);
    ways.push([baseOf(surface), door]);
    if (surface.olderBase) ways.push([surface.olderBase, door, unclaimed(surface, surface.olderBase)]);
    // Each takes a while, and Ctrl-C shall not wait for all of them.
    await setImmediate();
  }
  app.use((request, _response, next) => {
    callerOf(request);
    next();
  });
  const answers = asking(house);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok', version }));
  app.get('/readyz', async (_request, response) => {
    const ready = !house.draining && (await answers());
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : house.draining ? 'draining' : 'no database' });
  });
  const share = sharing(house.config, {});
  app.get('/.well-known/jwks.json', async (request, response) => {
    share(request, response);
    response.set('Cache-Control', 'public, max-age=300').json({ keys: await house.signingKeys.published() });
  });
  app.get('/.well-known/api-catalog', (request, response) => {
    share(request, response);
    const { origin } = callerOf(request);
    response.set({ 'Cache-Control': 'public, max-age=300', 'Content-Type': catalogType });
    response.set('Link', `<${origin}/.well-known/api-catalog>; rel="api-catalog"`).end(apiCatalog(surfaces, origin));
  });
  app.use('/docs', docs());
  app.use('/install', install());
  const { keysPerUser, passwordLength } = house.config;
  const hasCookie = (request: Request) => cookieOf(request) !== undefined;
  app.use(consolePages({ keysPerUser, passwordLength, map: mapOf, hasCookie }));
  app.use((_request, response) => void response.status(404).json({ error: 'not_found' }));
  app.use(failed(house));
  const led = doorOf(ways);
  const log = requestLog(house.log);
  const plain = headersOf(house.config);
  const usual: RequestListener = (raw, answer) => {
    const [request, response] = [raw as Request, answer as Response];
    cleanAddress(request);
    const began = Date.now();
    response.on('close', () => log(request, response, request.id, began));
    for (const [name, value] of plain) response.setHeader(name, value);
    const door = led(request) ?? app;
    door(request, response);
  };
  return front(house, usual, quickDoor(house, surfaces, { plain, log }));
}

const baseOf = ({ contract }: Surface): string => contract.servers[0]?.url ?? '/';

/** How paths of a surface begin, but for those that begin so on the surface that has this base. */
function unclaimed(surface: Surface, base: string): ReadonlySet<string> {
  const beginnings = ({ contract }: Surface) => Object.keys(contract.paths).map((path) => path.split('/', 2)[1] ?? '');
  const claimed = new Set(surfaces.filter((one) => baseOf(one) === base).flatMap(beginnings));
  return new Set(beginnings(surface).filter((one) => !claimed.has(one)));
}

/** What every answer says. */
function headersOf({ hstsSeconds }: Config): [string, string][] {
  return [
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    // Browsers take it over TLS only (RFC 6797 §8.1).
    ...(hstsSeconds > 0 ? [['Strict-Transport-Security', `max-age=${hstsSeconds}`] as [string, string]] : []),
  ];
}

/** Where everything is, as whoever asks calls this server. */
function mapOf(request: Request): ServerMap {
  const { origin } = callerOf(request);
  const places = surfaces.map(({ name, contract: { info, servers } }) => ({
    name: info.title,
    url: `${origin}${servers[0]?.url ?? ''}`,
    docs: `${origin}/docs/reference/${name}`,
  }));
  return { name: 'Latchkey', version, docs: `${origin}/docs`, surfaces: places };
}

/** What went wrong outside of the surfaces: no stack, no page. */
function failed({ log }: House): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const { kind, message, headers, cause } = toFailure(thrown);
    if (cause) log.error({ requestId: request.id, kind, err: cause }, message);
    response.status(statuses[kind]).set(headers).json({ error: kind });
  };
}

/** Whoever asks whether we are ready waits no longer than this; milliseconds. */
const patience = 1_500;

/** Whether the database answers, and soon: one question at a time, however many ask. */
function asking({ db }: House): () => Promise<boolean> {
  let asked: Promise<boolean> | undefined;
  return () => {
    asked ??= db
      .raw('select 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asked = undefined;
      });
    return Promise.race([asked, setTimeout(patience, false, { ref: false })]);
  };
}
