import { exitCodes } from './stop.ts';

const leaving = new Set<() => void>();

/** Has this done before Ctrl-C ends the program; gives what takes it back. */
export function onInterrupt(work: () => void): () => void {
  leaving.add(work);
  return () => void leaving.delete(work);
}

/** From now on, Ctrl-C ends the program with 130, and who no longer reads its output ends it quietly. */
export function listenForEnds(): void {
  process.once('SIGINT', () => {
    for (const work of leaving) work();
    process.exit(exitCodes.interrupted);
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.refused);
    });
  }
}
