import { existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { removeScratches, root, scratch } from '../support/scratch.ts';
import { ctrlC, openTerminal } from '../support/terminal.ts';

// One clone, in which `npm start` is stopped by Ctrl-C on a real terminal at each of its steps, one after the other.

let clone: string;
let data: string;
beforeAll(async () => {
  clone = await scratch();
  data = join(clone, '.latchkey');
  await rm(join(clone, 'node_modules'));
});
afterAll(removeScratches);

const { PATH = '', HOME = '' } = process.env;
const start = (more: Record<string, string> = {}) =>
  openTerminal('npm start', { PATH, HOME, PORT: '0', ...more }, clone);
const stopped = 'Stopped. Run npm start to go on.';

/** Waits until nothing is left that was started in the clone, or on its data. */
async function atRest() {
  if (!existsSync('/proc/self/cwd')) return;
  const folderOf = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return '';
    }
  };
  const left = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && folderOf(pid).startsWith(clone));
  await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 20_000, interval: 50 });
}

const drafts = (folder: string, begin: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(begin)) : [];

/** Whether the programs of a step are at work, where it has any. */
const underWay: Record<string, () => boolean> = {
  install: () => existsSync(join(clone, 'node_modules')),
  build: () => drafts(clone, 'dist.').some((draft) => existsSync(join(clone, draft, 'docs'))),
  database: () => drafts(data, 'postgres.unfinished').some((draft) => existsSync(join(data, draft, 'files'))),
};

it.each(['install', 'build', 'database', 'ready'])(
  '3: Ctrl-C at %s ends it with 130, and all that it started',
  async (step) => {
    const terminal = start();
    await terminal.shows(` ${step} `);
    await vi.waitFor(() => expect(underWay[step]?.()).not.toBe(false), { timeout: 60_000, interval: 10 });
    terminal.type(ctrlC);
    expect(await terminal.ended, terminal.shown()).toBe(130);
    expect(terminal.shown()).toContain(stopped);
    expect(terminal.shown()).not.toMatch(/\bis ready\.|\n {4}at /);
    await atRest();

    if (step === 'install') {
      // What is there of the packages is not taken for all of them.
      expect(existsSync(join(clone, 'node_modules/.package-lock.json'))).toBe(false);
      // It would take a minute.
      await rm(join(clone, 'node_modules'), { recursive: true, force: true });
      symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    }
    if (step === 'build') expect(drafts(clone, 'dist')).toEqual([]);
    if (step === 'database') expect(drafts(data, 'postgres.unfinished')).toEqual([]);
  },
);

it('3: the next start goes on where it was, and a Ctrl-C then drains', async () => {
  const terminal = start();
  await terminal.shows('Next ');
  expect(terminal.shown()).not.toMatch(/ (install|build) /);
  // Whoever saw a link of an earlier start or not: here is one.
  expect(terminal.shown()).toMatch(/ Open +http:\S+\/welcome#fst_[\w-]{43}\r?\n/);
  expect(existsSync(join(data, 'welcome'))).toBe(false);
  terminal.type(ctrlC);
  expect(await terminal.ended, terminal.shown()).toBe(0);
  expect(terminal.shown()).not.toContain(stopped);
  await atRest();
});
