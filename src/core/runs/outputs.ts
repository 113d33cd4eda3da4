import { setTimeout as after } from 'node:timers/promises';
import { Failure } from '../../contract/failure.ts';
import type { Upload } from '../files/file.ts';
import { keepFile } from '../files/index.ts';
import type { House } from '../house.ts';
import { idOf } from '../ids.ts';
import { lossOf, reach, type Terms } from './container.ts';
import { isObject, visit } from './json_walk.ts';
import { type Held, heldBy } from './lease.ts';
import type { RunOutput } from './row.ts';

/** Of one run. */
const mostFiles = 1000;

/** How often a file is asked for where the connection breaks, or the store does not take it. */
const tries = 3;

/** A file that a container says it has. */
export interface MadeFile {
  name: string;
  path: string;
  url: unknown;
}

/** Where files are fetched to: as long as the run is in hand. */
export interface Fetching {
  house: House;
  run: Held;
  terms: Terms;
  /** Milliseconds between two tries. */
  pause: number;
}

/** The file of an output, or of what is nested in one: `{type: 'file', file: {name, path, …}}`. */
export function fileIn({ type, file }: Record<string, unknown>): MadeFile | undefined {
  if (type !== 'file' || !isObject(file)) return undefined;
  const { name, path, url } = file;
  return typeof name === 'string' && typeof path === 'string' && path !== '' ? { name, path, url } : undefined;
}

/**
 * Fetches the files of outputs from their container into our store, where they stay as long as the run does; those that
 * `known` has are there already. Only the container itself is asked, wherever it says that files are; what the caller has
 * named is not fetched for them.
 * @returns why a file could not be had, in a sentence; undefined where all are here
 */
export async function keepOutputs(
  fetching: Fetching,
  outputs: RunOutput[] | null,
  known: Set<string>,
): Promise<string | undefined> {
  const files = new Map<string, MadeFile>();
  visit(outputs, (object) => {
    const file = fileIn(object);
    if (file && !known.has(file.path)) files.set(file.path, file);
  });
  if (files.size === 0) return undefined;
  const named = textsOf(fetching.run.inputs);
  for (const file of files.values()) {
    if (named.has(file.path)) continue;
    if (known.size >= mostFiles) return `The container gave more than ${mostFiles} files`;
    const why = await keepOutput(fetching, file);
    if (why !== undefined) return `The output file ${JSON.stringify(file.name)} could not be kept: ${why}`;
    known.add(file.path);
  }
  return undefined;
}

async function keepOutput(fetching: Fetching, file: MadeFile): Promise<string | undefined> {
  const { house, run, terms, pause } = fetching;
  for (let left = tries; ; left -= 1) {
    try {
      const response = await reach(run.container_url ?? '', pathTo(file.path), undefined, terms);
      try {
        if (response.statusCode !== 200) {
          return isElsewhere(file) ? undefined : `the container answered with status ${response.statusCode}`;
        }
        const upload = await house.files.receive(response, { name: file.name, mediaType: '' });
        await keep(fetching, file.path, upload).finally(() => house.files.discard(upload));
        return undefined;
      } finally {
        response.destroy();
      }
    } catch (thrown) {
      if (terms.signal.aborted) throw thrown;
      const why = reasonOf(thrown);
      if (why === undefined) throw thrown;
      house.log.warn({ run_id: run.id, reason: (thrown as Error).message }, 'an output file could not be kept');
      if (left <= 1 || !isPassing(thrown)) return why;
    }
    await after(pause, undefined, { signal: terms.signal });
  }
}

/** Keeps what was fetched, unless somebody else has the run in hand by now. */
async function keep({ house, run }: Fetching, path: string, upload: Upload): Promise<void> {
  const { user_id: userId, account_id: accountId } = run;
  await house.db.transaction(async (db) => {
    const principal =
      userId === null
        ? ({ kind: 'open', accountId } as const)
        : ({ kind: 'user', userId, accountId, roles: [] } as const);
    const asker = { address: '', requestId: idOf('run', run.id), origin: '' };
    const { id } = await keepFile({ house, db, principal, asker }, upload);
    // What an earlier try had there goes.
    await db('run_files').where({ run_id: run.id, path }).delete();
    await db('run_files').insert({ run_id: run.id, path, file_id: id });
    // Last, as a lease is not renewed meanwhile.
    if (!(await heldBy(db, run))) throw new Error('the run is in other hands');
  });
}

/** `GET /v4/files/download/{path}`, which takes paths from the root on (docs/runs.md): no path leads out of it. */
function pathTo(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encodeURIComponent(segment));
  }
  return `/v4/files/download/${segments.join('/')}`;
}

/** A container that does not give its files may have put them somewhere itself. */
const isElsewhere = ({ url }: MadeFile) => typeof url === 'string' && /^https?:\/\//.test(url);

/** What is not ours to say in public is a thrown error that is none of these. */
function reasonOf(thrown: unknown): string | undefined {
  if (thrown instanceof Failure) return thrown.message;
  const { code } = thrown as NodeJS.ErrnoException;
  return lossOf(thrown) ? `the container could not be reached (${code})` : undefined;
}

const isPassing = (thrown: unknown) => !(thrown instanceof Failure) || thrown.kind !== 'too_large';

/** All strings in a JSON value. */
function textsOf(value: unknown): Set<string> {
  const texts = new Set<string>();
  const add = (one: unknown) => {
    if (typeof one === 'string') texts.add(one);
    else if (Array.isArray(one)) one.forEach(add);
  };
  visit(value, (object) => Object.values(object).forEach(add));
  return texts;
}
