import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as Listener } from 'node:net';
import { Mistake } from './mistake.ts';
import { backlog } from './wire/server.ts';

/** Where the server listens. */
export interface Listening {
  port: number;
  /** Takes no new connections; resolves when those that there are have ended. */
  close(): Promise<void>;
}

/** Why a port cannot be listened on, and what to do, by the system's code. */
const refusals: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (host, port) => `Port ${port} of ${host} is in use: stop what uses it, or set another HOST or PORT`,
  EACCES: (host, port) => `Port ${port} of ${host} is not for this user to listen on: set PORT to 1024 or more`,
  EADDRNOTAVAIL: (host) => `HOST ${host} is no address of this machine: set another, or 0.0.0.0 for all of them`,
  ENOTFOUND: (host) => `HOST ${host} is no name that is known here: set an address, as 127.0.0.1`,
};

/** What a machine without IPv6 says to ::1. */
const lacking = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'];

/**
 * Listens on an address or a name; on `localhost`, on both addresses that it stands for, where the machine has both: one of
 * them alone is not where every client looks. A `Mistake` where that cannot be done.
 * @param port 0 takes one that is free, on both
 */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  if (!/^localhost\.?$/i.test(host)) {
    const code = await take(server, host, port);
    if (code) throw refused(code, host, port);
    return listening(server);
  }
  for (let attempt = 1; ; attempt++) {
    const code = await take(server, '127.0.0.1', port);
    if (code) throw refused(code, 'localhost', port);
    const { port: taken } = server.address() as AddressInfo;
    // A server of HTTP listens on one address, but takes connections from anybody.
    const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
    const other = await take(second, '::1', taken);
    if (!other) return listening(server, second);
    if (lacking.includes(other)) return listening(server);
    await closed(server);
    if (port !== 0 || attempt === 5) throw refused(other, 'localhost', taken);
  }
}

/** Undefined, or the system's code for why not. */
function take(server: Listener, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const fail = ({ code = '' }: NodeJS.ErrnoException) => resolve(code);
    server.once('error', fail).listen({ port, host, backlog }, () => {
      server.off('error', fail);
      resolve(undefined);
    });
  });
}

function listening(server: Listener, second?: Listener): Listening {
  const { port } = server.address() as AddressInfo;
  return { port, close: async () => void (await Promise.all([closed(server), second && closed(second)])) };
}

const closed = (server: Listener) => new Promise<void>((resolve) => void server.close(() => resolve()));

function refused(code: string, host: string, port: number): Mistake {
  const sentence = refusals[code]?.(host, port);
  return new Mistake(sentence ?? `Port ${port} of ${host} cannot be listened on (${code}): set another HOST or PORT`);
}
