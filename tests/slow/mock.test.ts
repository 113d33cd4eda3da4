import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLatchkey, Invalid, NotFound, Unauthenticated } from '../../generated/clients/typescript/index.js';
import { mockOf } from '../../scripts/mock.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-mock-'));
let server: ReturnType<typeof createServer>;
let url = '';
beforeAll(async () => {
  server = createServer(await mockOf([], folder));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const caught = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    () => undefined,
    (error) => error,
  );

it('answers with the examples of the contracts, at their bases', async () => {
  const latchkey = createLatchkey({ url, apiKey: 'mgp_any', applicationKey: 'any', mageToken: 'any' });
  expect((await latchkey.keys.create({ name: 'CI' })).key).toBe('mgp_fc053b8e9d1a4c7f62b0e84d5a91c3f7d2e60b48');
  expect((await latchkey.mage.pipelines.list()).pipelines).not.toEqual([]);
  expect((await latchkey.mystic.pipelines.list()).data[0]?.name).toBe('owner/gptneo');
  expect((await latchkey.maiagent.pipelines.list()).results[0]?.name).toBe('Nightly load');
  const file = await latchkey.files.upload({ file: new File(['meow'], 'cat.jpg') });
  expect((await (await latchkey.files.download(file.id)).text()).length).toBeGreaterThan(0);
  const events: string[] = [];
  for await (const { event } of latchkey.runs.followLog('run_1')) events.push(event);
  expect(events.at(-1)).toBe('end');
});

it('refuses what has no credential, what does not fit and what is not there, each in its own envelope', async () => {
  const nobody = createLatchkey({ url });
  for (const call of [() => nobody.me.get(), () => nobody.mystic.me.get(), () => nobody.mage.users.list()])
    expect(await caught(call())).toBeInstanceOf(Unauthenticated);
  const latchkey = createLatchkey({ url, apiKey: 'mgp_any' });
  expect(await caught(latchkey.keys.create({ name: '' }))).toMatchObject({
    name: 'Invalid',
    fields: { name: [expect.any(String)] },
  });
  expect(await caught(latchkey.mystic.pipelines.create({ name: 1 } as never))).toBeInstanceOf(Invalid);
  const response = await fetch(`${url}/v1/nowhere`, { headers: { Authorization: 'Bearer mgp_any' } });
  expect([response.status, await response.json()]).toEqual([404, { detail: 'Not found.' }]);
  expect(NotFound).toBeDefined();
});
