import type { ServerResponse } from 'node:http';
import { callerLeft, type Flow } from './streamed.ts';
import { whenClosed } from './when_closed.ts';

/** A reader who takes nothing for so long, though there is something, has stopped reading; milliseconds. */
const unread = 120_000;

/**
 * Sends what a source says. The next piece is asked for when there is room for it: a slow reader holds the source up. The source is
 * closed whenever the answer is. Throws what the source throws, and `callerLeft` where nobody reads any more.
 */
export async function pour(flow: Flow, response: ServerResponse, patience = unread): Promise<void> {
  const { source, close, still, silence } = flow;
  whenClosed(response, close);
  const quiet = setTimeout(() => {
    if (!response.writableNeedDrain) response.write(still);
    quiet.refresh();
  }, silence);
  try {
    for await (const piece of source) {
      if (response.destroyed) throw callerLeft();
      quiet.refresh();
      // What comes together leaves together at the end of the turn, but for the head with the first words: they are waited for.
      const socket = response.headersSent ? null : response.socket;
      socket?.cork();
      const hasRoom = response.write(piece);
      socket?.uncork();
      if (!hasRoom) await drained(response, patience);
    }
    response.end();
  } finally {
    clearTimeout(quiet);
  }
}

/** When there is room again. Ends the answer after a while in which nobody has read. */
function drained(response: ServerResponse, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stalled = setTimeout(() => response.destroy(), patience).unref();
    const end = () => {
      clearTimeout(stalled);
      response.off('drain', end).off('close', end);
      if (response.destroyed) reject(callerLeft());
      else resolve();
    };
    response.on('drain', end).on('close', end);
  });
}
