import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';
import parseForwarded from 'forwarded-parse';
import { remembered } from '../core/known_texts.ts';

/** Whether the peer at this address, so many proxies away from us, is taken at its word. */
export type Trust = (address: string, hop: number) => boolean;

const loopback = ['127.0.0.0/8', '::1/128'];

/**
 * Reads `LATCHKEY_TRUSTED_PROXIES`: a number of proxies, or addresses, CIDRs and `loopback` with commas between them;
 * nothing trusts nobody. Undefined for what is none of these.
 */
export function trustOf(setting: string): Trust | undefined {
  if (/^\d{1,2}$/.test(setting)) return (_address, hop) => hop < Number(setting);
  const list = new BlockList();
  const ranges = setting.split(',').map((part) => part.trim());
  for (const range of ranges.flatMap((one) => (one === 'loopback' ? loopback : one)).filter(Boolean)) {
    const [start = '', bits] = range.split('/');
    const family = isIP(start);
    const most = family === 4 ? 32 : 128;
    if (!family || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most))) return undefined;
    list.addSubnet(start, bits === undefined ? most : Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  // Every request comes from one of a few peers.
  const isListed = remembered(
    (address) => isIP(address) > 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
  );
  return (address) => isListed(address);
}

/** Where a request comes from, and what the trusted proxies on its way say they were asked for. */
export interface Way {
  /** An IP address as it is usually written; empty where the connection has gone. */
  address: string;
  scheme?: string | undefined;
  host?: string | undefined;
}

/**
 * Follows a request back through the proxies that are trusted, to the first peer that is not. Each one vouches for the
 * peer before it and for nothing else, so what a client itself wrote into these headers is never reached.
 */
export function wayOf(request: IncomingMessage, trusts: Trust): Way {
  let address = peerAddress(request.socket.remoteAddress ?? '');
  if (!trusts(address, 0)) return { address };
  const { peers, schemes, hosts } = said(request);
  let hop = 0;
  while (trusts(address, hop)) {
    const before = plainAddress(peers[hop]);
    hop += 1;
    if (before === undefined) break;
    address = before;
  }
  const farthest = (values: (string | undefined)[]) => values.slice(0, hop).findLast((value) => value !== undefined);
  return { address, scheme: farthest(schemes), host: farthest(hosts) };
}

/**
 * What proxies wrote, the nearest one first. `Forwarded` (RFC 7239) counts where there is no `X-Forwarded-…`: most proxies
 * write those, and pass on whatever `Forwarded` a client sends.
 */
function said({ headers }: IncomingMessage) {
  const [peers, schemes, hosts] = ['for', 'proto', 'host'].map((name) => {
    const values = [headers[`x-forwarded-${name}`] ?? []].flat().join(',');
    return values === '' ? [] : values.split(',').map((value) => value.trim());
  }) as [string[], string[], string[]];
  if (peers.length + schemes.length + hosts.length > 0)
    return { peers: peers.reverse(), schemes: schemes.reverse(), hosts: hosts.reverse() };
  const hops = headers.forwarded === undefined ? [] : readForwarded(headers.forwarded).reverse();
  return {
    peers: hops.map((hop) => hop.for),
    schemes: hops.map((hop) => hop.proto),
    hosts: hops.map((hop) => hop.host),
  };
}

function readForwarded(header: string): Record<string, string>[] {
  try {
    return parseForwarded(header) as unknown as Record<string, string>[];
  } catch {
    return [];
  }
}

/** The same of the other end of a connection, of which there are many requests. */
const peerAddress = remembered((text) => plainAddress(text) ?? '');

/** An address without port, brackets and zone; IPv4 as such where it came mapped into IPv6. Undefined for none. */
function plainAddress(text = ''): string | undefined {
  const address = text
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '');
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : undefined;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=[\d.]+$)/, '');
}
