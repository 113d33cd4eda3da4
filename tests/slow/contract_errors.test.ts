import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Method, Surface } from '../../scripts/clients/model.js';
import { before, meanwhile } from '../support/example_world/around.ts';
import { type Asked, askedOf } from '../support/example_world/asked.ts';
import { spentKey, weakCredentials } from '../support/example_world/callers.ts';
import { methodsOf, model } from '../support/example_world/documented.ts';
import { errorRecipes, whileWorkedOn } from '../support/example_world/error_recipes.ts';
import { heldError } from '../support/example_world/errors_held.ts';
import { type ExampleServer, openExampleServer } from '../support/example_world/example_server.ts';
import { makeExampleWorld } from '../support/example_world/index.ts';
import { having, ofProtocol, provocations, type Scene } from '../support/example_world/provocations.ts';
import { unprovoked } from '../support/example_world/unprovoked.ts';

/** An operation about to be asked as its first example has it, by the owner or by somebody weaker. */
async function sceneOf(server: ExampleServer, surface: Surface, method: Method, weak: Scene['weak']): Promise<Scene> {
  const [example] = method.body?.examples ?? [];
  const id = `${surface.surface} ${method.id}`;
  const plain = await askedOf(server, surface, method, example?.name ?? '', example?.value);
  return { surface, method, weak, asked: before[id] ? await before[id](server, plain) : plain };
}

/** The world of an operation, in the place of the one before; gives those in it who may do little. */
async function worldOf(server: ExampleServer, { surface }: Surface, { id, body }: Method): Promise<Scene['weak']> {
  await makeExampleWorld(server.house, surface, id, body?.examples[0]?.name ?? '', server.container.url);
  return weakCredentials(server, surface);
}

/** What is wrong with a refusal with this status; undefined where it has another. */
async function refusal(
  { surface, method }: Scene,
  status: number,
  { url, init }: Asked,
): Promise<string[] | undefined> {
  // What is done after all may wait for somebody.
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
  if (!response) return undefined;
  if (response.status !== status) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await response.text();
  const held = heldError(surface, method, { status, type: response.headers.get('content-type') ?? '', text });
  return held === 'exact' || held === 'shape' ? [] : [held];
}

/** What is wrong with the first of these requests that is refused with the status; undefined where none is. */
async function firstRefusal(scene: Scene, status: number, ways: Asked[]): Promise<string[] | undefined> {
  for (const way of ways) {
    const found = await refusal(scene, status, way);
    if (found) return found;
  }
  return undefined;
}

/** How an operation is asked so that it refuses with a status, in the order in which it is tried. */
async function waysOf(server: ExampleServer, scene: Scene, status: number): Promise<Asked[]> {
  const recipe = errorRecipes[`${scene.surface.surface} ${scene.method.id} ${status}`];
  return recipe ? [await recipe(server, scene)] : (provocations[status]?.(scene) ?? []);
}

const surfaces = model.map((surface) => [surface.surface, surface] as const);
/** The statuses that an operation has by themselves, but for those that others provoke below. */
const documented = ({ errors }: Method) => errors.map(Number).filter((status) => status >= 400 && status !== 429);

/** Schemes that no key of ours stands for. */
const keyless = ['SessionBearer', 'APIKeyCookie', 'PartSignature', 'githubSignature'];

/** Whether a key may ask for it. */
const isForKeys = ({ scope, security }: Method) =>
  scope !== 'session' && security.some((one) => one.length > 0 && !one.some((scheme) => keyless.includes(scheme)));

describe('refusals', () => {
  let server: ExampleServer;
  beforeAll(async () => {
    server = await openExampleServer();
  });
  afterAll(() => server.close());

  it.each(surfaces)(
    '%s: each status that an operation documents happens, as documented',
    async (name, surface) => {
      const found: string[] = [];
      for (const method of methodsOf(surface)) {
        let scene = await sceneOf(server, surface, method, await worldOf(server, surface, method));
        for (const status of documented(method)) {
          const at = `${name} ${method.id} ${status}`;
          if (at in unprovoked) continue;
          if (status === 409 && method.idempotency) {
            const taken = await whileWorkedOn(server, scene.asked, (asked) => refusal(scene, status, asked));
            found.push(...(taken ?? [`${at}: is documented, and does not happen while it is worked on`]));
          }
          if (status === 409 && method.idempotency && !(at in errorRecipes)) continue;
          if (at in errorRecipes)
            scene = await sceneOf(server, surface, method, await worldOf(server, surface, method));
          const refused = await firstRefusal(scene, status, await waysOf(server, scene, status));
          found.push(...(refused ?? [`${at}: is documented, and does not happen`]));
        }
      }
      expect(found).toEqual([]);
    },
    240_000,
  );

  it.each(surfaces)(
    '%s: what is refused besides is documented',
    async (name, surface) => {
      const found: string[] = [];
      const [first] = methodsOf(surface);
      const weak = await worldOf(server, surface, first as Method);
      // Those that wait for a runner are not refused.
      for (const method of methodsOf(surface).filter(({ id }) => !(`${name} ${id}` in meanwhile))) {
        const scene = await sceneOf(server, surface, method, weak);
        const besides = { ...provocations, ...ofProtocol };
        for (const status of Object.keys(besides).map(Number)) {
          if (documented(method).includes(status)) continue;
          found.push(...((await firstRefusal(scene, status, besides[status]?.(scene) ?? [])) ?? []));
        }
      }
      expect(found).toEqual([]);
    },
    240_000,
  );
});

describe('too many requests', () => {
  let server: ExampleServer;
  beforeAll(async () => {
    server = await openExampleServer({ LATCHKEY_REQUESTS_PER_MINUTE: '1' });
  });
  afterAll(() => server.close());

  it.each(surfaces.filter(([name]) => name === 'magpipe'))('%s: are refused as documented', async (name, surface) => {
    const found: string[] = [];
    const [first] = methodsOf(surface);
    const weak = await worldOf(server, surface, first as Method);
    for (const method of methodsOf(surface).filter(({ errors }) => errors.includes('429'))) {
      const at = `${name} ${method.id} 429`;
      if (at in unprovoked) continue;
      const { asked, ...scene } = await sceneOf(server, surface, method, weak);
      found.push(
        ...((await firstRefusal({ ...scene, asked }, 429, [asked, asked])) ?? [
          `${at}: is documented, and does not happen`,
        ]),
      );
    }
    expect(found).toEqual([]);
  });
});

describe('a key that has had its fill', () => {
  let server: ExampleServer;
  beforeAll(async () => {
    server = await openExampleServer();
  });
  afterAll(() => server.close());

  it.each(surfaces.filter(([name]) => name !== 'magpipe_auth'))(
    '%s: is refused wherever one may ask',
    async (name, surface) => {
      const found: string[] = [];
      const methods = methodsOf(surface).filter(isForKeys);
      expect(methods.length).toBeGreaterThan(0);
      const weak = await worldOf(server, surface, methods[0] as Method);
      const spent = await spentKey(server, name, weak);
      for (const method of methods) {
        const scene = await sceneOf(server, surface, method, weak);
        const refused = await firstRefusal(scene, 429, [having(scene.asked, spent)]);
        found.push(...(refused ?? [`${name} ${method.id}: a key that has had its fill may ask`]));
      }
      expect(found).toEqual([]);
    },
  );
});

describe('a database that has lost everything', () => {
  let server: ExampleServer;
  beforeAll(async () => {
    server = await openExampleServer();
  });
  afterAll(() => server.close());

  it('is told as documented, and no more of it', async () => {
    await makeExampleWorld(server.house, 'latchkey', '', '', server.container.url);
    const nobody = { roleless: {}, viewer: {}, key: {} };
    const scenes: Scene[] = [];
    for (const surface of model)
      for (const method of methodsOf(surface)) {
        const [example] = method.body?.examples ?? [];
        const asked = await askedOf(server, surface, method, example?.name ?? '', example?.value);
        scenes.push({ surface, method, weak: nobody, asked });
      }
    await server.house.db.raw('drop schema public cascade');
    const found: string[] = [];
    let told = 0;
    for (const scene of scenes) {
      const refused = await refusal(scene, 500, scene.asked);
      if (refused) told += 1;
      found.push(...(refused ?? []));
    }
    expect(found).toEqual([]);
    // But for what asks the database for nothing, and what is refused before it is asked.
    expect(told).toBeGreaterThan(scenes.length * 0.6);
  });
});
