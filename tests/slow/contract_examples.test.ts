import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Method, Surface } from '../../scripts/clients/model.js';
import { apart } from '../support/example_world/apart.ts';
import { before, meanwhile } from '../support/example_world/around.ts';
import { askedOf } from '../support/example_world/asked.ts';
import { differences } from '../support/example_world/differences.ts';
import { methodsOf, model } from '../support/example_world/documented.ts';
import { type ExampleServer, openExampleServer } from '../support/example_world/example_server.ts';
import { makeExampleWorld } from '../support/example_world/index.ts';

let server: ExampleServer;
beforeAll(async () => {
  server = await openExampleServer();
});
afterAll(() => server.close());

/** What is wrong with the answer to one request of the examples. */
async function complaints(surface: Surface, method: Method, name: string, value: unknown): Promise<string[]> {
  const id = `${surface.surface} ${method.id}`;
  await makeExampleWorld(server.house, surface.surface, method.id, name, server.container.url);
  const asked = await askedOf(server, surface, method, name, value);
  const { url, init } = before[id] ? await before[id](server, asked) : asked;
  const [response] = await Promise.all([fetch(url, init), meanwhile[id]?.(server)]);
  return differences(surface, method, name, response);
}

describe.each(model.map((surface) => [surface.surface, surface] as const))('%s', (_name, surface) => {
  const rows = methodsOf(surface).flatMap((method) =>
    (method.body?.examples ?? [{ name: '', value: undefined }]).map(
      ({ name, value }) => [`${method.id} ${name}`.trim(), method, name, value] as const,
    ),
  );
  it.each(rows)('%s: is answered as documented', async (row, method, name, value) => {
    const found = await complaints(surface, method, name, value);
    const why = apart[`${surface.surface} ${row}`] ?? apart[`${surface.surface} ${method.id}`];
    // What is as documented after all is told apart no more.
    if (why === undefined) expect(found).toEqual([]);
    else expect([row, found]).not.toEqual([row, []]);
  });
});
