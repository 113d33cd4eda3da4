import { type DestinationStream, pino } from 'pino';

/** Where lines of the log go. */
export interface Lines extends DestinationStream {
  /** Writes a line a little later, with those that come meanwhile, and before any other one. */
  soon?(line: string): void;
}

/** How long a line waits for others, at most; milliseconds. */
const wait = 20;
/** So many characters do not wait. */
const most = 16_384;

/**
 * Lines to a file descriptor. Those of requests are written together: a system call costs as much as the rest of a line. A process
 * that ends writes what waits; one that is killed loses the lines of the last 20 ms.
 */
export function toDescriptor(descriptor: number): Lines {
  const out = pino.destination(descriptor);
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === '') return;
    const lines = waiting;
    waiting = '';
    out.write(lines);
  };
  process.on('exit', flush);
  return {
    write(line) {
      flush();
      out.write(line);
    },
    soon(line) {
      waiting += line;
      if (waiting.length > most) flush();
      else timer ??= setTimeout(flush, wait);
    },
  };
}
