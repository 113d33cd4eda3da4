import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pour } from '../../src/wire/pour.ts';
import type { Flow } from '../../src/wire/streamed.ts';

/** A flow as its reader hears it, over a connection of its own; and how its end was for whoever pours it. */
export async function poured(flow: Flow, patience?: number) {
  let over: Promise<unknown> | undefined;
  const server = createServer((_request, response) => {
    over = pour(flow, response, patience).catch((thrown: unknown) => {
      response.destroy();
      return thrown;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [answer] = (await once(get({ port: (server.address() as AddressInfo).port }), 'response')) as [IncomingMessage];
  answer.on('close', () => server.close());
  return { answer, over: over as Promise<unknown> };
}
