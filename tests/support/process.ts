import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of ours that runs on its own. */
export interface Program {
  child: ChildProcess;
  /** All of stdout and stderr until now. */
  output(): string;
  /** Resolves with the first match in the output; fails when the program ends without it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the name of the signal. */
  ended: Promise<number | string>;
}

/** What a server ends its start with; the URL that it gives. */
export const ready = /^Latchkey \S+ is ready\.\n\n {2}API +(http:\S+)\n[\s\S]*^ {2}Next .*\n/m;

/**
 * Starts a TypeScript file in a process of its own, with these settings and no others of ours.
 * @param file relative to the root of the project
 */
export function startProgram(file: string, settings: Record<string, string> = {}, args: string[] = []): Program {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  return programOf(spawn(process.execPath, ['--import', tsx, file, ...args], { cwd: root, env: settings }));
}

/** The same of a process that has been started. */
export function programOf(child: ChildProcess): Program {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return {
    child,
    output: () => output,
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match) resolve(match);
          return match;
        };
        if (look()) return;
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
        ended.then((code) => look() ?? reject(new Error(`Ended with ${code} before it said ${pattern}:\n${output}`)));
      }),
  };
}
