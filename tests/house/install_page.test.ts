import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { expect, it } from 'vitest';
import { install } from '../../src/install.ts';

it('/install/ says what is there and how to install it, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-install-'));
  const app = express().use('/install', install([folder, join(folder, 'nowhere')]));
  try {
    expect((await request(app).get('/install/')).text).toContain('Nothing is packed');
    mkdirSync(join(folder, 'go'));
    for (const name of ['latchkey.tar.gz', 'latchkey-1.0-py3-none-any.whl', 'client.tgz', 'latchkey-runner.tar.gz'])
      writeFileSync(join(folder, name), name);
    const { text, headers } = await request(app).get('/install/').set('Host', 'keys.test');
    expect(headers['content-security-policy']).toBe("default-src 'none'");
    const commands = [...text.matchAll(/<pre>(.*?)<\/pre>/g)].map(([, command]) => command);
    expect(commands).toEqual([
      'npm install http://keys.test/install/client.tgz',
      'npm install --global http://keys.test/install/client.tgz &#38;&#38; latchkey --help',
      'pip install http://keys.test/install/latchkey.tar.gz',
      'GOPROXY=http://keys.test/install/go,https://proxy.golang.org GONOSUMDB=latchkey.local go get latchkey.local/latchkey',
      'pip install http://keys.test/install/latchkey-1.0-py3-none-any.whl',
      'pip install http://keys.test/install/latchkey-runner.tar.gz',
    ]);
    expect((await request(app).get('/install/client.tgz')).status).toBe(200);
    expect((await request(app).get('/install/other.tgz')).status).toBe(404);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
