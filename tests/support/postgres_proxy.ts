import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire between a process and Postgres that can be cut without either end hearing of it. */
export interface PostgresProxy {
  /** The address of the database, by way of here. */
  url: string;
  /** Nothing passes on connections that hear of changes, or on any: the database's ends stay as they are. */
  freeze(which: 'node' | 'all'): void;
  /** Ends what was frozen; what comes now passes. */
  heal(): void;
  /** What comes from now on goes to another server; what there is breaks off. */
  turnTo(url: string): void;
  close(): Promise<void>;
}

interface Wire {
  near: Socket;
  far: Socket;
  isNode: boolean;
  isFrozen: boolean;
}

export async function openProxy(url: string): Promise<PostgresProxy> {
  let target = new URL(url);
  let frozen: 'node' | 'all' | undefined;
  const wires = new Set<Wire>();
  const stop = (wire: Wire) => {
    wire.isFrozen = true;
    wire.near.pause();
    wire.far.pause();
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const wire: Wire = { near, far, isNode: false, isFrozen: false };
    wires.add(wire);
    near.once('data', (hello) => {
      wire.isNode = hello.includes('latchkey node');
      if (frozen === 'all' || (frozen === 'node' && wire.isNode)) stop(wire);
    });
    near.pipe(far).pipe(near);
    const end = () => {
      wires.delete(wire);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const breakOff = (which: (wire: Wire) => boolean) => {
    for (const { near, far } of [...wires].filter(which)) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    freeze(which) {
      frozen = which;
      for (const wire of wires) if (which === 'all' || wire.isNode) stop(wire);
    },
    heal() {
      frozen = undefined;
      breakOff(({ isFrozen }) => isFrozen);
    },
    turnTo(other) {
      target = new URL(other);
      frozen = undefined;
      breakOff(() => true);
    },
    async close() {
      breakOff(() => true);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
