import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { base, type Listening, listen, openShell, program } from '../support/cli.ts';
import { ownerPassword } from '../support/house.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';
import { ctrlC, openTerminal } from '../support/terminal.ts';

// What is asked on a terminal, on a real one.

let mystic: Mystic;
let server: Listening;
beforeAll(async () => {
  mystic = await openMystic();
  server = await listen(mystic.app);
});
afterAll(async () => {
  await server.close();
  await mystic.close();
});

/** A terminal with `latchkey login` on it. */
const terminal = (env: Record<string, string>) =>
  openTerminal(`${process.execPath} ${program} login ${server.url}`, env);

it('login shows what is typed as the address, and nothing of the password', async () => {
  const shell = openShell();
  const { shows, type, ended, shown } = terminal(base(shell.folder));
  await shows('Address or username [owner@localhost]: ');
  type('owner@example.com\r');
  await shows('Password or code: ');
  type(`${ownerPassword}\r`);
  expect(await ended, shown()).toBe(0);
  expect(shown()).toContain('owner@example.com');
  expect(shown()).toContain(`Signed in to ${server.url} as owner`);
  for (const word of ownerPassword.split(' ')) expect(shown()).not.toContain(word);
  expect(JSON.parse(readFileSync(join(shell.folder, 'latchkey.json'), 'utf8')).user).toBe('owner');
});

it.each([['Address or username'], ['Password or code: ']])(
  'Ctrl-C at %j ends it with 130, and keeps nothing',
  async (question) => {
    const shell = openShell();
    const { shows, type, ended, shown } = terminal(base(shell.folder));
    await shows('Address or username');
    if (question === 'Password or code: ') type('owner\r');
    await shows(question);
    type(ctrlC);
    expect(await ended, shown()).toBe(130);
    expect(() => readFileSync(join(shell.folder, 'latchkey.json'))).toThrow();
  },
);
