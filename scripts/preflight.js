// What can be seen to be wrong before anybody has waited for anything: plain JavaScript, with nothing installed. Whatever else
// may be wrong is the server's to say, which knows the settings (src/config.ts).
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

/** Ends the process with one line when this Node is too old; so plainly written that an old one gets this far. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  refuse(
    `Latchkey needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one: https://nodejs.org`,
  );
}

/** Ends the process with one line where the port of the settings is no port, or somebody else's. */
export async function checkPort() {
  const host = process.env.HOST || 'localhost';
  const port = process.env.PORT || '6789';
  if (!/^\d+$/.test(port) || Number(port) > 65_535) refuse('PORT must be a whole number from 0 to 65535', 2);
  if (Number(port) === 0) return;
  for (const address of /^localhost\.?$/i.test(host) ? ['127.0.0.1', '::1'] : [host]) {
    const code = await probe(address, Number(port));
    if (code === 'EADDRINUSE')
      refuse(`Port ${port} of ${host} is in use: stop what uses it, or set another HOST or PORT`);
    if (code === 'EACCES')
      refuse(`Port ${port} of ${host} is not for this user to listen on: set PORT to 1024 or more`);
  }
}

const probe = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code }) => resolve(code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });

/**
 * Ends the process with one line where the data folder cannot be one, or is in use by another Latchkey. With a Postgres of
 * the operator's own, little or nothing has to be in it.
 */
export function checkData() {
  if (process.env.DATABASE_URL) return;
  const folder = resolve(process.env.LATCHKEY_DATA || '.latchkey');
  const mend = 'choose another folder';
  // Where it is missing, it will be made in the nearest that is there.
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  if (!statSync(there).isDirectory()) refuse(`LATCHKEY_DATA: ${there} is no folder: ${mend}`);
  const us = process.getuid?.();
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch ({ code }) {
    const { uid } = statSync(there);
    const whose =
      us === undefined || uid === us
        ? `cannot be written to (${code})`
        : `belongs to user ${uid}, and this is user ${us}`;
    refuse(`LATCHKEY_DATA: ${there} ${whose}: ${mend}, or start as its owner`);
  }
  const holder = holderOf(join(folder, 'postgres.lock'));
  if (holder)
    refuse(
      `${folder} is in use by another Latchkey (process ${holder}): stop it, or set LATCHKEY_DATA to another folder`,
    );
}

/** The live process that holds the lock of a data folder; src/database/postgres/lock.ts takes it. */
function holderOf(path) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    // One that died is waited for, until its database is down. The lock of a folder that another user made is its own to say.
    return holder && isAlive(holder) && isLocked(file) ? holder : undefined;
  } finally {
    closeSync(file);
  }
}

function isLocked(file) {
  const held = 75;
  const programs = [
    ['flock', '-n', '-E', `${held}`, '3'],
    ['perl', '-e', `open(F, "<&=3") && flock(F, 6) or exit ${held}`],
  ];
  const stdio = ['ignore', 'ignore', 'ignore', file];
  return programs.some(([program, ...args]) => spawnSync(program, args, { stdio }).status === held);
}

/** Whether a process lives, whoever's it is. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch ({ code }) {
    return code === 'EPERM';
  }
}

/** 2 is for a setting that cannot be right, 1 for something else on this machine. */
function refuse(sentence, code = 1) {
  console.error(sentence);
  process.exit(code);
}
