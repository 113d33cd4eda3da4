import { hash as digest } from 'node:crypto';
import { type Contract, type Node, type Operation, resolve } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import { writeJson } from '../contract/json.ts';

/**
 * Made once per operation that declares an `ETag`: the strong tag of an answer. Its first half is of what people change, its
 * second of what changes by itself as well (`x-volatile`: when it was last used), so that a change of the second kind makes a
 * copy stale, and nobody's edit.
 */
export function tagger(contract: Contract, { answer }: Operation): (body: unknown) => string {
  const properties = ((answer && resolve(contract, answer).properties) ?? {}) as Record<string, Node>;
  const volatile = Object.keys(properties).filter((name) => properties[name]?.['x-volatile']);
  return (body) => {
    if (volatile.length === 0) return `"${hash(body)}-${nothing}"`;
    const lasting = Object.entries(body as object).filter(([name]) => !volatile.includes(name));
    const moving = volatile.map((name) => (body as Node)[name]);
    return `"${hash(lasting)}-${hash(moving)}"`;
  };
}

/** Throws `stale` where `If-Match` names no version of what is there now (RFC 9110 §13.1.1); weak tags never match. */
export function checkMatch(header: string, tag: string): void {
  if (header.trim() === '*') return;
  const half = tag.split('-')[0];
  const named = header.split(',').map((one) => one.trim());
  if (named.some((one) => one.startsWith('"') && one.split('-')[0] === half)) return;
  throw new Failure('stale', 'It has changed since you read it: read it again.');
}

function hash(value: unknown): string {
  return digest('sha256', writeJson(value), 'base64url').slice(0, 22).replaceAll('-', '.');
}

const nothing = hash([]);
