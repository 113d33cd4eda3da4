import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Everything, openEverything } from '../support/everything.ts';

let all: Everything;
beforeAll(async () => {
  all = await openEverything();
}, 60_000);
afterAll(() => all.close());

it('/.well-known/api-catalog names every API with its contract and its reference, as RFC 9727 has it', async () => {
  const { status, headers, text } = await all.tell('GET', '/.well-known/api-catalog', { host: 'keys.example' });
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(
    /^application\/linkset\+json; ?profile="https:\/\/www\.rfc-editor\.org\/info\/rfc9727"/,
  );
  const { linkset } = JSON.parse(text);
  const bases = linkset.map(({ anchor }: { anchor: string }) => anchor).sort();
  const paths = ['/api', '/api/v1', '/auth/v1', '/functions/v1', '/v1', '/v3', '/v4'];
  expect(bases).toEqual(paths.map((path) => `http://keys.example${path}`));
  const magpipe = linkset.find(({ anchor }: { anchor: string }) => anchor.endsWith('/auth/v1'));
  expect(magpipe['service-desc'][0].href).toBe('http://keys.example/docs/openapi/magpipe_auth.json');
  expect(magpipe['service-doc'][0].href).toBe('http://keys.example/docs/reference/magpipe_auth');
  const head = await all.tell('HEAD', '/.well-known/api-catalog', { host: 'keys.example' });
  expect([head.status, head.headers.link]).toEqual([
    200,
    '<http://keys.example/.well-known/api-catalog>; rel="api-catalog"',
  ]);
});

it('every answer of an API names its contract, successes and preflights too', async () => {
  for (const [path, name] of [
    ['/v1/me', 'latchkey'],
    ['/v4/pipelines', 'mystic'],
    ['/api/v1/pipelines/', 'maiagent'],
    ['/api/statuses', 'mage'],
    ['/auth/v1/settings', 'magpipe_auth'],
  ] as const)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { headers } = await all.tell(method, path, all.credentials);
      expect([path, method, headers.link]).toEqual([
        ...[path, method],
        expect.stringContaining(`</docs/openapi/${name}.json>; rel="service-desc"`),
      ]);
    }
});
