import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePages } from '../../src/console.ts';
import { consolePaths as pages } from '../../src/console_paths.ts';
import { version } from '../../src/version.ts';
import { bare } from '../../src/wire/express.ts';
import { type Everything, openEverything, operations } from '../support/everything.ts';

const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const isPage = ({ headers }: { headers: Record<string, unknown> }) =>
  String(headers['content-security-policy']).includes("form-action 'self'");

describe('#13: a build of the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-console-'));
  const script = 'console.log("the console")';
  beforeAll(() => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><html data-server="{}"></html>');
    const files = { '': script, '.gz': gzipSync(script), '.br': brotliCompressSync(script) };
    for (const [ending, body] of Object.entries(files)) writeFileSync(join(folder, `assets/a-1.js${ending}`), body);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const map = () => ({ name: 'Latchkey', version, docs: '/docs', surfaces: [] });
  const served = (hasCookie = false) =>
    bare().use(consolePages({ keysPerUser: 3, passwordLength: 8, map, hasCookie: () => hasCookie }, [folder]));

  it('a page may load nothing from elsewhere, is asked for anew, and says what the server knows', async () => {
    const { status, headers, text } = await request(served(true)).get('/keys').set('Accept', html);
    expect([status, headers['cache-control'], headers['content-type']]).toEqual([
      200,
      'no-cache',
      'text/html; charset=utf-8',
    ]);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
        "frame-ancestors 'none'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers.vary).toBe('Accept, Cookie');
    expect(text).toContain(
      'data-server="{&quot;hasCookie&quot;:true,&quot;keysPerUser&quot;:3,&quot;passwordLength&quot;:8}"',
    );
    const again = await request(served(true)).get('/keys').set({ Accept: html, 'If-None-Match': headers.etag });
    expect(again.status).toBe(304);
  });

  it.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    ['gzip', 'br;q=0, gzip'],
    [undefined, 'identity'],
  ])('an asset comes as %s where %s is taken, and is never asked for again', async (coding, taken) => {
    const answer = await request(served())
      .get('/assets/a-1.js')
      .set('Accept-Encoding', taken)
      .buffer()
      .parse((response, done) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
      });
    const { headers, body } = answer;
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers.vary).toBe('Accept-Encoding');
    expect(body.toString()).toBe(script);
  });

  it.each(['/assets/..%2findex.html', '/assets/b.js', '/assets/', '/index.html'])('%s is no file', async (path) => {
    expect((await request(served()).get(path)).status).toBe(404);
  });

  it('without a build, a page says how one is made', async () => {
    const app = bare().use(
      consolePages({ keysPerUser: 3, passwordLength: 8, map, hasCookie: () => false }, [join(folder, 'none')]),
    );
    const { status, text } = await request(app).get('/').set('Accept', html);
    expect([status, text]).toEqual([404, 'The console is not built: npm run build\n']);
  });
});

describe('#13: among the surfaces', () => {
  let all: Everything;
  beforeAll(async () => {
    all = await openEverything();
  });
  afterAll(() => all.close());

  it.each(['*/*', 'application/json', undefined, 'text/html;q=0.5, application/json', 'image/png'])(
    '/ is a map of the server to who accepts %s',
    async (accept) => {
      const { status, headers, text } = await all.tell('GET', '/', accept === undefined ? {} : { Accept: accept });
      expect([status, headers['content-type'], headers.vary]).toEqual([
        200,
        'application/json; charset=utf-8',
        'Accept',
      ]);
      const origin = `http://127.0.0.1:${all.port}`;
      const { surfaces, ...rest } = JSON.parse(text);
      expect(rest).toEqual({ name: 'Latchkey', version, docs: `${origin}/docs` });
      expect(surfaces).toHaveLength(7);
      expect(surfaces).toContainEqual({
        name: 'Latchkey surface',
        url: `${origin}/v1`,
        docs: `${origin}/docs/reference/latchkey`,
      });
    },
  );

  it('a page is a page to a browser, with what every answer says of sniffing and referrers', async () => {
    for (const path of pages) {
      const { headers } = await all.tell('GET', path, { Accept: html });
      expect([path, isPage({ headers })]).toEqual([path, true]);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });

  it('a page is nothing to a program, and no other method or path is a page', async () => {
    for (const path of pages.slice(1)) {
      const { status, text } = await all.tell('GET', path, { Accept: '*/*' });
      expect([path, status, text]).toEqual([path, 404, '{"error":"not_found"}\n']);
    }
    for (const [method, path] of [
      ['POST', '/keys'],
      ['GET', '/Keys'],
      ['GET', '/keys/'],
      ['GET', '/wp-login.php'],
    ] as const) {
      const { status, text } = await all.tell(method, path, { Accept: html });
      expect([path, status, text]).toEqual([path, 404, '{"error":"not_found"}\n']);
    }
  });

  it('the page stands before no operation of any contract, and before no address of the server', async () => {
    const places = [
      ...operations.map(([, path, { method }]) => [method.toUpperCase(), path] as const),
      ...['/api', '/auth', '/auth/v1', '/v1', '/v3', '/v4', '/functions/v1', '/api/v1'].map(
        (path) => ['GET', path] as const,
      ),
      ...['/docs', '/install', '/healthz', '/readyz', '/.well-known/jwks.json'].map((path) => ['GET', path] as const),
    ];
    expect(places.length).toBeGreaterThan(150);
    for (const [method, path] of places) {
      const answer = await all.tell(method, path, { Accept: html });
      expect([method, path, isPage(answer)]).toEqual([method, path, false]);
    }
  });
});
