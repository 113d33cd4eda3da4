import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, vi } from 'vitest';

/** A terminal with a program on it. */
export interface Terminal {
  /** All that it showed until now. */
  shown(): string;
  /** Types, as fast as it goes. */
  type(text: string): void;
  /** Resolves once this is shown. */
  shows(text: string): Promise<void>;
  /** Resolves with the exit code of the program. */
  ended: Promise<number>;
}

export const ctrlC = '\u0003';

/** Runs a program, in a shell's words, on a real terminal, which `script` of util-linux makes; with this environment alone. */
export function openTerminal(command: string, env: Record<string, string>, cwd?: string): Terminal {
  // Without `exec` the shell would heed Ctrl-C, too, and end with 130 whatever the program ends with.
  const args = ['--quiet', '--return', '--flush', '--command', `exec ${command}`, '/dev/null'];
  const child = spawn('script', args, { env: { TERM: 'xterm', ...env }, ...(cwd !== undefined && { cwd }) });
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (shown += text));
  const ended = once(child, 'close').then(([code]) => code as number);
  let isOver = false;
  ended.then(() => (isOver = true));
  return {
    shown: () => shown,
    ended,
    type: (text) => void child.stdin.write(text),
    async shows(text) {
      // It ends by itself, too: then it is not waited for any longer.
      await vi.waitFor(() => expect(isOver || shown.includes(text)).toBe(true), { timeout: 120_000, interval: 20 });
      expect(shown).toContain(text);
    },
  };
}
