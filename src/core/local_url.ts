import { isIPv6 } from 'node:net';

/** Names of this machine to itself, and the addresses that stand for all of its own. */
const isHere = (host: string) => /^(localhost\.?|0\.0\.0\.0|::)$/i.test(host);

/** What somebody on this machine types to reach a server that listens on `host`: an address or a name, as in `HOST`. */
export function localUrl(host: string, port: number): string {
  const name = isHere(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
