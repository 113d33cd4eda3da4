import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/database/database.ts';
import { runningUrl } from '../../src/database/postgres/cluster.ts';
import { type Program, ready, startProgram } from '../support/process.ts';
import { root } from '../support/scratch.ts';
import { openTerminal } from '../support/terminal.ts';

const LATCHKEY_DATA = mkdtempSync(join(tmpdir(), 'latchkey-reset-'));
afterAll(() => rmSync(LATCHKEY_DATA, { recursive: true, force: true }));
const welcome = join(LATCHKEY_DATA, 'welcome');
const old = 'Old lightning 0';
const applicationKey = 'freshapplicationkey000000000000000000000';
const settings = { LATCHKEY_DATA, PORT: '0', LATCHKEY_DRAIN_SECONDS: '0', LATCHKEY_APPLICATION_KEY: applicationKey };

/** `npm run reset-password -- …`, with this on stdin. */
async function reset(args: string[], input = '', more: Record<string, string> = {}) {
  const { child, ended } = startProgram('src/reset_password.ts', { ...settings, ...more }, args);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => (stdout += text));
  child.stderr?.on('data', (text) => (stderr += text));
  child.stdin?.end(input);
  return { code: await ended, stdout, stderr };
}

const start = async () => {
  const program = startProgram('src/main.ts', settings);
  return { program, url: (await program.said(ready))[1] as string };
};
const stop = async ({ child, ended }: Program) => {
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
};

let program: Program;
let url: string;
const headers = { apikey: applicationKey, 'content-type': 'application/json' };
const token = async (password: string, email = 'owner@localhost') =>
  fetch(`${url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  });
const isIn = async (jwt: string) =>
  (await fetch(`${url}/auth/v1/user`, { headers: { ...headers, authorization: `Bearer ${jwt}` } })).status;
const done = /^owner@localhost has a new password; what the old one opened is signed out, and API keys go on\.$/m;

it('4: where nothing was started yet, it makes nothing and says so', async () => {
  const line = `There is no database in ${LATCHKEY_DATA} yet: npm start makes it\n`;
  expect(await reset(['--generate'])).toMatchObject({ code: 1, stderr: line });
  expect(existsSync(join(LATCHKEY_DATA, 'postgres'))).toBe(false);
});

describe('4: beside a running server', () => {
  beforeAll(async () => {
    ({ program, url } = await start());
  });
  afterAll(() => stop(program));

  it.each([
    [
      ['nobody@example.com'],
      'Water lightning 1',
      1,
      /^Nobody here has the e-mail address or the username "nobody@\S+"\n$/,
    ],
    [[], 'short', 1, /^Password must be 8 characters or longer\.\n$/],
    [[], 'password1', 1, /^Password is among the most common ones.*\n$/],
    [[], 'owner-1', 1, /^Password .*\n$/],
    [[], '', 2, /^There is no terminal to ask on: pipe the new password in, or add --generate\n$/],
    [['--what'], '', 2, /^Unknown option '--what'.*npm run reset-password \[-- EMAIL_OR_USERNAME\] \[--generate\]\n$/],
    [['a', 'b'], '', 2, /^One name at a time.*\n$/],
  ])('refuses %j with %j in one line, and changes nothing', async (args, input, code, line) => {
    expect(await reset(args, `${input}\n`)).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(line) });
    expect(existsSync(welcome)).toBe(true);
  });

  it('ends what the old password opened, forgives wrong guesses, is written down, and ends the link of the start', async () => {
    const [, code] = readFileSync(welcome, 'utf8').trim().split('#');
    expect((await reset([], `${old}\n`)).code).toBe(0);
    expect(existsSync(welcome)).toBe(false);
    const body = JSON.stringify({ code });
    const inspected = await fetch(`${url}/v1/links/inspect`, { method: 'POST', headers, body });
    expect(inspected.status).toBe(404);
    const { access_token: jwt } = (await (await token(old)).json()) as { access_token: string };
    expect(await isIn(jwt)).toBe(200);
    for (let guess = 0; guess < 10; guess++) await token(`wrong ${guess}`);
    expect((await token(old)).status).toBe(429);

    const answer = await reset([], 'Water lightning 1\n');
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringMatching(done), stderr: '' });
    expect(await isIn(jwt)).not.toBe(200);
    expect((await token(old)).status).toBe(400);
    expect((await token('Water lightning 1')).status).toBe(200);

    const db = connect(runningUrl(LATCHKEY_DATA) as string);
    const owner = await db('users').first('id', 'uuid');
    const rows = await db('audit_log').where('action', 'password_reset');
    expect(rows).toHaveLength(2);
    expect(rows.slice(1)).toEqual([
      expect.objectContaining({ subject: owner?.uuid, user_id: owner?.id, account_id: 1, address: 'this machine' }),
    ]);
    expect(JSON.stringify(rows)).not.toContain('lightning');
    await db.destroy();
  });

  it.each([['owner'], ['OWNER@Localhost']])('finds %s, and prints what it makes up alone', async (name) => {
    const { code, stdout, stderr } = await reset([name, '--generate']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(done)]);
    expect(stdout).toMatch(/^[\w-]{20}\n$/);
    expect((await token(stdout.trim())).status).toBe(200);
  });

  it('asks twice on a terminal, and shows nothing of what is typed', async () => {
    const command = `${process.execPath} --import ${import.meta.resolve('tsx')} src/reset_password.ts`;
    for (const [again, code, end] of [
      ['Other lightning 2', 1, 'The two are not the same'],
      ['Water lightning 2', 0, 'has a new password'],
    ] as const) {
      const terminal = openTerminal(command, { ...settings, PATH: process.env.PATH ?? '' }, root);
      await terminal.shows('New password of owner@localhost: ');
      terminal.type('Water lightning 2\r');
      await terminal.shows('The same again: ');
      terminal.type(`${again}\r`);
      expect(await terminal.ended, terminal.shown()).toBe(code);
      expect(terminal.shown()).toContain(end);
      expect(terminal.shown()).not.toContain('lightning');
    }
    expect((await token('Water lightning 2')).status).toBe(200);
  });

  it('takes a Postgres of its own, too', async () => {
    const DATABASE_URL = runningUrl(LATCHKEY_DATA) as string;
    const elsewhere = join(LATCHKEY_DATA, 'elsewhere');
    const LATCHKEY_SECRET = readFileSync(join(LATCHKEY_DATA, 'secret'), 'utf8').trim();
    const more = { DATABASE_URL, LATCHKEY_SECRET, LATCHKEY_DATA: elsewhere };
    const { code } = await reset([], 'Water lightning 3\n', more);
    expect([code, (await token('Water lightning 3')).status]).toEqual([0, 200]);
    expect(existsSync(elsewhere)).toBe(false);
  });
});

it('4: beside a stopped server, two at once wait for each other, and the database ends with them', async () => {
  const both = await Promise.all([reset(['--generate']), reset(['--generate'])]);
  expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, expect.stringMatching(done)],
    [0, expect.stringMatching(done)],
  ]);
  expect(existsSync(join(LATCHKEY_DATA, 'postgres', 'files', 'postmaster.pid'))).toBe(false);

  ({ program, url } = await start());
  const statuses = await Promise.all(both.map(async ({ stdout }) => (await token(stdout.trim())).status));
  expect(statuses.sort()).toEqual([200, 400]);
  await stop(program);
});
