import { readFileSync } from 'node:fs';
import request from 'supertest';
import { expect, it } from 'vitest';
import { version as ofClient } from '../../generated/operations.ts';
import { version } from '../../src/version.ts';
import { contracts } from '../support/everything.ts';
import { openHouse } from '../support/house.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('7: one version is that of the package, its lock, every contract, the client, and the newest entry of CHANGELOG.md', () => {
  const lock = JSON.parse(read('package-lock.json'));
  expect([lock.version, lock.packages[''].version, ofClient]).toEqual([version, version, version]);
  expect(JSON.parse(read('generated/clients/typescript/package.json')).version).toBe(version);
  for (const file of ['pyproject.toml', 'latchkey_runner/__init__.py'])
    expect(read(`runners/python/${file}`)).toMatch(new RegExp(`^(__)?version(__)? = "${version}"$`, 'm'));
  for (const [name, { info }] of Object.entries(contracts)) expect([name, info?.version]).toEqual([name, version]);
  const [newest] = read('CHANGELOG.md').match(/(?<=^## \[)\d[^\]]*/gm) ?? [];
  expect(newest).toBe(version);
  expect(read('LICENSE')).toMatch(/^MIT License\n/);
});

it('7: /healthz says which version answers; probes are not logged, and everything else is', async () => {
  const { app, log, close } = await openHouse();
  try {
    expect((await request(app).get('/healthz')).body).toEqual({ status: 'ok', version });
    expect((await request(app).get('/readyz?x=1')).status).toBe(200);
    await request(app).get('/nowhere');
    expect(log.map((line) => JSON.parse(line).path)).toEqual(['/nowhere']);
  } finally {
    await close();
  }
});
