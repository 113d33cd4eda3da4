import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { DocumentType } from './document_types.ts';
import { type Piece, Unreadable } from './pieces.ts';

export { documentType, readableEndings } from './document_types.ts';
export { type Piece, Unreadable } from './pieces.ts';

/** What reading one document may take. */
export interface Bounds {
  /** Of a processor's time. */
  seconds: number;
  /** Until the next piece, in seconds of any clock: it may be that others have the processor. */
  silence: number;
  /** Of text, in characters. */
  characters: number;
  /** Of memory, in MiB: half of it for what JavaScript holds. */
  memory: number;
}

export const usualBounds: Bounds = { seconds: 300, silence: 120, characters: 20_000_000, memory: 1_536 };

/** This file's neighbour, as it was built or as it is written. */
const program =
  ['./reader.js', './reader.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync) ?? '';

/**
 * Reads the text out of a document, in a process of its own that knows nothing of ours: no setting, no secret, no connection. A document that crashes
 * it, wants too much of it or keeps it busy ends that process alone. Throws `Unreadable` with a sentence for whoever sent the document, what `bytes`
 * throw, and the signal's reason.
 */
export async function* readDocument(
  bytes: Readable,
  type: DocumentType,
  signal: AbortSignal,
  bounds: Bounds = usualBounds,
): AsyncGenerator<Piece> {
  signal.throwIfAborted();
  const child = begin(type, bounds);
  let over: Error | undefined;
  const end = (why: Error) => {
    over ??= why;
    child.kill('SIGKILL');
  };
  const tooLong = () => new Unreadable('The file takes too long to read.');
  const late = setTimeout(() => end(tooLong()), bounds.silence * 1000);
  const stop = () => end(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  child.on('error', end);
  // What it does not want to read any more is no fault.
  child.stdin?.on('error', () => bytes.destroy());
  bytes.on('error', end);
  bytes.pipe(child.stdin as NodeJS.WritableStream);
  try {
    let [characters, isWhole] = [0, false];
    for await (const line of createInterface({
      input: child.stdout as Readable,
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      late.refresh();
      characters += line.length;
      if (characters > bounds.characters) throw new Unreadable('The file has more text than is read here.');
      const said = JSON.parse(line) as Piece | { kind: 'end' } | { kind: 'refused'; why: string };
      if (said.kind === 'refused') throw new Unreadable(said.why);
      if (said.kind === 'end') isWhole = true;
      else yield said;
    }
    if (over) throw over;
    if (child.signalCode === 'SIGXCPU') throw tooLong();
    if (!isWhole) throw new Unreadable('The file is damaged, or asks for more than is given to one file.');
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    child.kill('SIGKILL');
    bytes.destroy();
  }
}

function begin(type: DocumentType, { memory, seconds }: Bounds): ChildProcess {
  const written = program.endsWith('.ts') ? ['--import', createRequire(import.meta.url).resolve('tsx')] : [];
  const node = [process.execPath, `--max-old-space-size=${Math.ceil(memory / 2)}`, ...written, program, type];
  // Beside the heap there are buffers: the system bounds both. Where it cannot, the heap's own bound stays.
  const bounded = ['-c', `ulimit -d ${memory * 1024} 2>/dev/null; ulimit -t ${seconds}; exec "$0" "$@"`, ...node];
  const child = spawn('/bin/sh', bounded, { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    // Requests come first.
    if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
  return child;
}
