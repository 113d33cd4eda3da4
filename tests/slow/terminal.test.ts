import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { base, type Listening, listen, openShell, program } from '../support/cli.ts';
import { ownerPassword } from '../support/house.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';

// What is asked on a terminal, on a real one: `script` of util-linux makes it.

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

/** A terminal with `latchkey login` on it: what it shows, and what ends it. */
function terminal(env: Record<string, string>) {
  const command = `${process.execPath} ${program} login ${server.url}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], { env });
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (shown += text));
  const ended = once(child, 'close').then(([code]) => code as number);
  return {
    shown: () => shown,
    ended,
    type: (text: string) => child.stdin.write(text),
    async asks(question: string) {
      await vi.waitFor(() => expect(shown).toContain(question), 20_000);
    },
  };
}

it('login shows what is typed as the address, and nothing of the password', async () => {
  const shell = openShell();
  const { asks, type, ended, shown } = terminal({ ...base(shell.folder), TERM: 'xterm' });
  await asks('Address or username [owner@localhost]: ');
  type('owner@example.com\r');
  await asks('Password: ');
  type(`${ownerPassword}\r`);
  expect(await ended, shown()).toBe(0);
  expect(shown()).toContain('owner@example.com');
  expect(shown()).toContain(`Signed in to ${server.url} as owner`);
  for (const word of ownerPassword.split(' ')) expect(shown()).not.toContain(word);
  expect(JSON.parse(readFileSync(join(shell.folder, 'latchkey.json'), 'utf8')).user).toBe('owner');
});

it.each([['Address or username'], ['Password: ']])(
  'Ctrl-C at %j ends it with 130, and keeps nothing',
  async (question) => {
    const shell = openShell();
    const { asks, type, ended, shown } = terminal({ ...base(shell.folder), TERM: 'xterm' });
    await asks('Address or username');
    if (question === 'Password: ') type('owner\r');
    await asks(question);
    type('\u0003');
    expect(await ended, shown()).toBe(130);
    expect(() => readFileSync(join(shell.folder, 'latchkey.json'))).toThrow();
  },
);
