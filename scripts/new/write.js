import { execFile } from 'node:child_process';
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../children.js';

const run = promisify(execFile);

/**
 * Writes the changes, has them formatted, and rebuilds generated/. Whatever fails, or stops it, undoes all of it.
 * @param {{path: string, before?: string, after: string}[]} changes
 */
export async function write(changes) {
  const stop = (signal) => {
    undo(changes);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  try {
    for (const { path, after } of changes) put(path, after);
    const written = changes.map(({ path }) => path).filter((path) => /\.[jt]s$/.test(path));
    await run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...written], {
      cwd: root,
    });
    const { generate } = await import('../generate.js');
    await generate();
  } catch (error) {
    undo(changes);
    throw error;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  }
}

function put(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function undo(changes) {
  for (const { path, before } of changes) {
    if (before !== undefined) writeFileSync(join(root, path), before);
    else remove(join(root, path));
  }
}

/** A file, and its folder if nothing else is in it. */
function remove(file) {
  rmSync(file, { force: true });
  try {
    rmdirSync(dirname(file));
  } catch {
    // There is something in it, or it never was.
  }
}
