import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { operationsOf } from '../../src/contract/contract.ts';
import { surface as latchkey } from '../../src/handlers/latchkey/index.ts';
import { surface as mage } from '../../src/handlers/mage/index.ts';
import { surface as magpipe } from '../../src/handlers/magpipe/index.ts';
import { surface as magpipeAuth } from '../../src/handlers/magpipe_auth/index.ts';
import { surface as maiagent } from '../../src/handlers/maiagent/index.ts';
import { surface as mystic } from '../../src/handlers/mystic/index.ts';
import { surface as mysticV3 } from '../../src/handlers/mystic_v3/index.ts';
import { makeServer } from '../../src/wire/server.ts';
import { openHouse, type TestHouse } from './house.ts';

/** Every operation of every contract, with a path that leads to it. */
export const everyOperation = [mage, magpipe, magpipeAuth, maiagent, mystic, mysticV3, latchkey].flatMap(
  ({ contract }) =>
    operationsOf(contract).map((operation) => ({
      ...operation,
      contract,
      at: contract.servers[0]?.url + operation.path.replace(/\{\w+\}/g, '1'),
    })),
);

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  body: any;
}

/** A house behind the server that `main.ts` makes. */
export interface Doors extends TestHouse {
  port: number;
  /** Sends one request; `headers` may be a flat list, to send one twice, or none at all. */
  send(method: string, path: string, headers?: OutgoingHttpHeaders | string[], body?: string): Promise<Answer>;
  /** Writes these bytes, each in a packet of its own, and gives all that comes back until the other side hangs up. */
  raw(...bytes: string[]): Promise<string>;
}

export async function openDoors(env: Record<string, string> = {}): Promise<Doors> {
  const opened = await openHouse(env);
  const server = makeServer(opened.house.config, opened.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });

  const send: Doors['send'] = (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const options = { port, method, path, agent, headers: headers as OutgoingHttpHeaders };
      const sent = request({ ...options, setHost: !Array.isArray(headers) }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text, body: isJson ? JSON.parse(text) : undefined });
        });
      });
      sent.on('error', reject).end(body);
    });

  return {
    ...opened,
    port,
    send,
    async raw(...bytes) {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay(true);
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk)).on('error', () => {});
      const closed = once(socket, 'close');
      for (const packet of bytes) await new Promise((done) => socket.write(packet, done));
      await closed;
      return answer;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await opened.close();
    },
  };
}
