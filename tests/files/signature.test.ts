import { describe, expect, it } from 'vitest';
import { checkSignature, sign } from '../../src/core/files/index.ts';
import type { House } from '../../src/core/house.ts';

const houseOf = (secret: string) => ({ installation: { tokenSecret: Buffer.from(secret) } }) as unknown as House;
const house = houseOf('one secret of thirty-two bytes..');
const soon = Math.floor(Date.now() / 1000) + 60;
const signature = sign(house, 'download', 'file-1', soon);

describe('a signature', () => {
  it('opens what it was made for', () => {
    expect(signature).toMatch(/^[\w-]{43}$/);
    expect(checkSignature(house, 'download', 'file-1', soon, signature)).toBe(true);
  });

  it.each([
    ['another purpose', 'upload', 'file-1', soon],
    ['another subject', 'download', 'file-2', soon],
    ['a later end', 'download', 'file-1', soon + 1],
    ['an earlier end', 'download', 'file-1', soon - 1],
    ['the same text, cut elsewhere', 'download:file-1', '', soon],
    ['no end', 'download', 'file-1', Number.NaN],
    ['an endless end', 'download', 'file-1', Number.POSITIVE_INFINITY],
  ])('is none for %s', (_what, purpose, subject, expires) => {
    expect(checkSignature(house, purpose, subject, expires, signature)).toBe(false);
  });

  it.each(['', 'a', signature.slice(1), `${signature}=`, `${signature.slice(0, -1)}\u0000`, 'é'.repeat(43)])(
    'is not %j',
    (forged) => expect(checkSignature(house, 'download', 'file-1', soon, forged)).toBe(false),
  );

  it('is none with a flipped bit, wherever it is', () => {
    for (let at = 0; at < signature.length; at += 1) {
      const other = signature[at] === 'A' ? 'B' : 'A';
      const forged = signature.slice(0, at) + other + signature.slice(at + 1);
      expect(checkSignature(house, 'download', 'file-1', soon, forged)).toBe(false);
    }
  });

  it('is none of another installation', () => {
    expect(checkSignature(houseOf('two'), 'download', 'file-1', soon, signature)).toBe(false);
  });

  it.each([0, -1, -3600])('holds no longer than it says (%i s)', (seconds) => {
    const past = Math.floor(Date.now() / 1000) + seconds;
    expect(checkSignature(house, 'download', 'a', past, sign(house, 'download', 'a', past))).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, soon + 0.5])(
    'is none until %d, even when it was made',
    (end) => {
      expect(checkSignature(house, 'download', 'a', end, sign(house, 'download', 'a', end))).toBe(false);
    },
  );
});
