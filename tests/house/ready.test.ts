import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { envText, readyBlock } from '../../src/ready.ts';

const applicationKey = 'applicationkey00000000000000000000000000';
const facts = { version: '1.2.3', url: 'http://localhost:6789', applicationKey, ownerEmail: 'owner@localhost' };
const env = resolve('.latchkey/env');

it('1: the block of the first start on a terminal, its notes in one column', () => {
  expect(readyBlock(facts, { shown: 'made-up-password-01' }, env, false)).toBe(`Latchkey 1.2.3 is ready.

  API        http://localhost:6789
  Docs       http://localhost:6789/docs
  Owner      owner@localhost
  Password   made-up-password-01                        shown only this once; \`npm run reset-password\` makes another
  App key    applicationkey00000000000000000000000000   in .latchkey/env, with the rest: source .latchkey/env

  Next       npx latchkey login
`);
});

it('1: later ones say the same without the password', () => {
  const [first, later] = [{ shown: 'made-up-password-01' }, undefined].map((password) =>
    readyBlock(facts, password, env, false).split('\n'),
  );
  expect(later).toEqual(first?.filter((line) => !line.includes('Password')));
});

it('1: where it is kept, it names files instead of secrets, and the address where that is not the usual one', () => {
  const url = 'http://localhost:1';
  const password = { file: resolve('.latchkey/first-password') };
  expect(readyBlock({ ...facts, url }, password, '/srv/my data/env', true)).toBe(`Latchkey 1.2.3 is ready.

  API        http://localhost:1
  Docs       http://localhost:1/docs
  Owner      owner@localhost
  Password   in .latchkey/first-password until it is changed; \`npm run reset-password\` makes another
  App key    in '/srv/my data/env', with the rest: source '/srv/my data/env'

  Next       npx latchkey login http://localhost:1
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
