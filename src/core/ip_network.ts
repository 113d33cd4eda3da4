import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';
import { remembered } from './known_texts.ts';

/** Who stands behind an address, as far as it tells: an IPv4 address, or the /64 that one IPv6 caller has to itself. */
export const networkOf = remembered((address: string): string => {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const left = [...head];
  if (tail) left.push(...Array(Math.max(0, 8 - left.length - tail.length)).fill('0'), ...tail);
  return left.slice(0, 4).join(':');
});

/** An address, or a range of them, as the bits that all in it have in common. */
interface Range {
  start: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

/** Reads an address or a CIDR range; IPv4 mapped into IPv6 is IPv4. Undefined for what is neither. */
export function rangeOf(text: string): Range | undefined {
  const [, start = '', prefix] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(start);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  if (bits > most) return undefined;
  if (version === 4) return { start, bits, family: 'ipv4' };
  const { address } = new SocketAddress({ address: start, family: 'ipv6' });
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped && bits >= 96) return { start: mapped, bits: bits - 96, family: 'ipv4' };
  return { start: address, bits, family: 'ipv6' };
}

/** Whether an address, or all of a range, is in one of these ranges. */
export function isWithin(text: string, ranges: readonly string[]): boolean {
  const inner = rangeOf(text);
  return inner !== undefined && ranges.some((range) => contains(rangeOf(range), inner));
}

function contains(outer: Range | undefined, inner: Range): boolean {
  if (!outer || outer.family !== inner.family || outer.bits > inner.bits) return false;
  const list = new BlockList();
  list.addSubnet(outer.start, outer.bits, outer.family);
  return list.check(inner.start, inner.family);
}

/** The neighbourhood of an address: /24 of IPv4, /48 of IPv6, as a range; the text itself where it is no address. */
export const neighbourhoodOf = remembered((address: string): string => {
  const network = networkOf(address);
  if (isIP(address) === 0) return address;
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(network)?.[1];
  if (v4) return `${v4}.0/24`;
  const groups = network.split(':').slice(0, 3);
  return `${groups.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/48`;
});
