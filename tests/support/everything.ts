import { once } from 'node:events';
import { request as ask, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { type Contract, type Operation, operationsOf } from '../../src/contract/contract.ts';
import { surface as latchkey } from '../../src/handlers/latchkey/index.ts';
import { surface as mage } from '../../src/handlers/mage/index.ts';
import { surface as magpipe } from '../../src/handlers/magpipe/index.ts';
import { surface as magpipeAuth } from '../../src/handlers/magpipe_auth/index.ts';
import { surface as maiagent } from '../../src/handlers/maiagent/index.ts';
import { surface as mystic } from '../../src/handlers/mystic/index.ts';
import { surface as mysticV3 } from '../../src/handlers/mystic_v3/index.ts';
import { makeServer } from '../../src/wire/server.ts';
import { applicationKey, openHouse, ownerPassword, type TestHouse } from './house.ts';

export const contracts: Record<string, Contract> = Object.fromEntries(
  Object.entries({ mage, magpipe, magpipeAuth, maiagent, mystic, mysticV3, latchkey }).map(([name, { contract }]) => [
    name,
    contract,
  ]),
);

export interface Told {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A whole server, and the owner's credentials for every surface. */
export interface Everything extends TestHouse {
  server: Server;
  port: number;
  credentials: Record<string, string>;
  /** Sends a request as it stands: any bytes, on any method. */
  tell(method: string, path: string, headers?: Record<string, string>, body?: string | Buffer): Promise<Told>;
}

/** Every operation of every contract: its surface, its method, a path that leads to it, and what it is. */
export const operations = Object.entries(contracts).flatMap(([surface, contract]) =>
  operationsOf(contract).map((operation): [string, string, Operation] => {
    const path = `${contract.servers[0]?.url}${operation.path.replaceAll(/\{\w+\}/g, '0')}`;
    return [surface, path, operation];
  }),
);

export async function openEverything(env: Record<string, string> = {}): Promise<Everything> {
  const opened = await openHouse(env);
  const server = makeServer(opened.house.config, opened.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { body } = await request(server)
    .post('/auth/v1/token?grant_type=password')
    .set('apikey', applicationKey)
    .send({ email: 'owner@example.com', password: ownerPassword });
  const signedIn = await request(server)
    .post('/api/sessions')
    .set('X-API-KEY', applicationKey)
    .send({ session: { email: 'owner@example.com', password: ownerPassword } });
  const { token } = signedIn.body.session;
  const credentials = {
    Authorization: `Bearer ${body.access_token}`,
    apikey: applicationKey,
    'X-API-KEY': applicationKey,
    Cookie: `oauth_token=${token}`,
  };
  return {
    ...opened,
    server,
    port,
    credentials,
    tell: (method, path, headers = {}, sent) =>
      new Promise((resolve, reject) => {
        const length = sent === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(sent)) };
        const call = ask(
          { port, host: '127.0.0.1', method, path, headers: { ...length, ...headers } },
          async (answer) => {
            let text = '';
            for await (const chunk of answer) text += chunk;
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
          },
        );
        call.on('error', reject).end(sent);
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await opened.close();
    },
  };
}
