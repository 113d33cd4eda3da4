import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { onInterrupt } from './interrupt.ts';
import { clean } from './output.ts';
import { exitCodes, Stop } from './stop.ts';

/** Whether there is somebody to ask. */
export const canAsk = (): boolean => process.stdin.isTTY === true;

/**
 * Asks on the terminal, beside stdout. What is typed at a `hidden` question is not shown. Ctrl-C ends the program as it does
 * everywhere; throws a `Stop` at the end of the input.
 */
export async function ask(question: string, hidden = false): Promise<string> {
  // readline writes what is typed: for what must not be seen, nowhere.
  const shown = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const reader = createInterface({ input: process.stdin, output: shown, terminal: true, historySize: 0 });
  // Only now: whoever types at once must find the echo switched off.
  process.stderr.write(clean(question));
  if (!hidden) reader.setPrompt(clean(question));
  const forget = onInterrupt(() => reader.close());
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.on('SIGINT', () => {
        process.stderr.write('\n');
        reject(Object.assign(new Stop('refused', 'Interrupted.'), { code: exitCodes.interrupted }));
      });
      reader.on('line', resolve);
      reader.on('close', () => reject(new Stop('usage', 'Nothing was typed.')));
    });
  } finally {
    forget();
    reader.close();
    if (hidden) process.stderr.write('\n');
  }
}
