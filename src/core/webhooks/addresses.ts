import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

// What IANA's special-purpose registries (RFC 6890) keep from the public internet: private, shared (CGNAT), loopback,
// link-local, documentation, benchmarks, multicast, reserved, and tunnels that lead to such addresses.
const closed = new BlockList();
const closedIPv4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
const closedIPv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
// What only this machine reaches.
const own = new BlockList();
// All that is outside of it is refused: ::, ::1, mapped IPv4, NAT64, unique local, link-local, multicast.
const globalIPv6 = new BlockList();

add(closed, closedIPv4, 'ipv4');
add(closed, closedIPv6, 'ipv6');
add(own, ['127.0.0.0/8'], 'ipv4');
add(own, ['::1/128'], 'ipv6');
add(globalIPv6, ['2000::/3'], 'ipv6');

function add(list: BlockList, subnets: string[], family: 'ipv4' | 'ipv6') {
  for (const subnet of subnets) {
    const [start = '', bits] = subnet.split('/');
    list.addSubnet(start, Number(bits), family);
  }
}

/** Whether an IP address belongs to the public internet. What is no plain IP address (a zone, a name) does not. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !closed.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false;
  return globalIPv6.check(address, 'ipv6') && !closed.check(address, 'ipv6');
}

/** How far the server may go by itself: to the public internet, to loopback addresses of its machine as well, or anywhere. */
export type Reach = 'public' | 'machine' | 'anywhere';

/** Whether an IP address is within reach. */
export function isWithin(reach: Reach, address: string): boolean {
  if (reach === 'anywhere' || isPublic(address)) return true;
  const isPlain = isIP(address) !== 0 && !address.includes('%');
  return reach === 'machine' && isPlain && own.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** What a connection to an address that is not public ends with. It is not worth a second attempt. */
export function refusal(host: string): Error & { code: string } {
  return Object.assign(new Error(`${host} has no public address`), { code: 'NOT_PUBLIC' });
}

/**
 * Resolves names to those of their addresses that are within reach; `refusal` where there is none. The connection is made to
 * what this gives and to nothing else, so a name that changes its address between a check and its use gains nothing.
 */
export const lookupWithin =
  (reach: Reach): LookupFunction =>
  (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const open = addresses.filter(({ address }) => isWithin(reach, address));
      const [first] = open;
      if (!first) return done(refusal(hostname), []);
      if (options.all) done(null, open);
      else done(null, first.address, first.family);
    });
  };

/** Whether a host may have an address within reach. A name that is not known yet may. */
export async function mayLead(reach: Reach, host: string): Promise<boolean> {
  if (isIP(host)) return isWithin(reach, host);
  return new Promise((resolve) => {
    lookupWithin(reach)(host, { all: true }, (error) => resolve(error?.code !== 'NOT_PUBLIC'));
  });
}
