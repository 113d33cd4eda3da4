import { isIPv6 } from 'node:net';

/** Who stands behind an address, as far as it tells: an IPv4 address, or the /64 that one IPv6 caller has to itself. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const left = [...head];
  if (tail) left.push(...Array(Math.max(0, 8 - left.length - tail.length)).fill('0'), ...tail);
  return left.slice(0, 4).join(':');
}
