import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { envText, readyBlock } from '../../src/ready.ts';

const applicationKey = 'applicationkey00000000000000000000000000';
const facts = { version: '1.2.3', url: 'http://localhost:6789', applicationKey, ownerEmail: 'owner@localhost' };
const link = 'http://localhost:6789/welcome#fst_qW8zJ0pVxT3nY6uK1sD9fG2hL4aZ7cB5qW8zJ0pVxT3';
const env = resolve('.latchkey/env');

it('1: the block of the first start on a terminal, its notes in one column', () => {
  expect(readyBlock(facts, { link }, env, false)).toBe(`Latchkey 1.2.3 is ready.

  API        http://localhost:6789
  Docs       http://localhost:6789/docs
  Owner      owner@localhost
  Open       http://localhost:6789/welcome#fst_qW8zJ0pVxT3nY6uK1sD9fG2hL4aZ7cB5qW8zJ0pVxT3
  App key    applicationkey00000000000000000000000000   in .latchkey/env, with the rest: source .latchkey/env

  Next       open the link, and choose a password; or: npx latchkey login
`);
});

it('1: later ones say the same without the link', () => {
  const [first, later] = [{ link }, undefined].map((welcome) => readyBlock(facts, welcome, env, false).split('\n'));
  const rest = first?.filter((line) => !line.includes('Open')).map((line) => line.replace(/open the link.*; or: /, ''));
  expect(later).toEqual(rest);
});

it('1: where it is kept, it names files instead of secrets, and the address where that is not the usual one', () => {
  const url = 'http://localhost:1';
  const welcome = { file: resolve('.latchkey/welcome') };
  expect(readyBlock({ ...facts, url }, welcome, '/srv/my data/env', true)).toBe(`Latchkey 1.2.3 is ready.

  API        http://localhost:1
  Docs       http://localhost:1/docs
  Owner      owner@localhost
  Open       the link in .latchkey/welcome; good once, for 24 hours
  App key    in '/srv/my data/env', with the rest: source '/srv/my data/env'

  Next       open the link, and choose a password; or: npx latchkey login http://localhost:1
`);
});

it('1: where nothing can be written, the key that is no secret is shown', () => {
  expect(readyBlock(facts, undefined, undefined, true)).toContain(`\n  App key    ${applicationKey}\n`);
});

it('1: whatever stands in what a shell sources is a value, and no command', () => {
  const ownerEmail = `o'$(echo no)"\`echo no\`\\@x.test`;
  const script = `${envText({ ...facts, ownerEmail })}env`;
  const shown = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } });
  expect(shown.split('\n')).toContain(`LATCHKEY_OWNER_EMAIL=${ownerEmail}`);
});
