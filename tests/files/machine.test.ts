import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { machineKeys } from '../../src/core/files/s3_machine.ts';

it('keys of a bucket: those of the environment, with their session', async () => {
  const told = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
  expect(await machineKeys(told, 'eu-west-1')()).toEqual({
    accessKeyId: 'AKIA',
    secretAccessKey: 's',
    sessionToken: 't',
  });
});

it('keys of a bucket: those of the container, asked for again when they are about to expire, and not before', async () => {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const minutes = seen.length === 1 ? 1 : 60;
    const Expiration = new Date(Date.now() + minutes * 60_000).toISOString();
    response.end(JSON.stringify({ AccessKeyId: `A${seen.length}`, SecretAccessKey: 's', Token: 't', Expiration }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/creds`;
  const keys = machineKeys(
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let me' },
    'eu-west-1',
  );
  const names = [];
  for (let n = 0; n < 3; n += 1) names.push((await keys()).accessKeyId);
  server.closeAllConnections();
  server.close();
  expect(names).toEqual(['A1', 'A2', 'A2']);
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['let me', 'let me']);
});
