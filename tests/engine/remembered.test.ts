import { expect, it } from 'vitest';
import { Remembered } from '../../src/core/exact/remembered.ts';

const most = 20_000;

it('at most 20,000 are remembered, and of those the first that was not used goes first', () => {
  const remembered = new Remembered();
  const keep = (name: string) => remembered.keep(name, remembered.mark(), { name }, Number.POSITIVE_INFINITY, ['u:1']);
  const has = (name: string) => remembered.get(name, 0) !== undefined;
  for (let n = 0; n < most; n += 1) keep(`k:${n}`);
  expect([has('k:0'), has('k:2')]).toEqual([true, true]);
  keep('k:late');
  keep('k:later');
  expect(remembered.size).toBe(most);
  expect(['k:0', 'k:1', 'k:2', 'k:3', 'k:4', 'k:late', 'k:later'].map(has)).toEqual([
    ...[true, false, true, false],
    ...[true, true, true],
  ]);
});

it('where all were used since, one goes all the same', () => {
  const remembered = new Remembered();
  const keep = (n: number) => remembered.keep(`k:${n}`, remembered.mark(), { n }, Number.POSITIVE_INFINITY, []);
  for (let n = 0; n < most; n += 1) {
    keep(n);
    remembered.get(`k:${n}`, 0);
  }
  keep(most);
  expect([remembered.size, remembered.get('k:0', 0)]).toEqual([most, undefined]);
});
