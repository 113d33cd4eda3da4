import { onTestFailed, TestRunner } from 'vitest';

/** How many lines of one test are kept. */
const most = 40;

const lines = new WeakMap<object, string[]>();

/** Keeps a line of a house's log for the test that is running: should it fail, they are printed, each with its cause. */
export function tellWhenFailed(line: string): void {
  const test = TestRunner.getCurrentTest();
  if (!test) return;
  const kept = lines.get(test) ?? [];
  if (kept.push(line) > most) kept.shift();
  if (lines.has(test)) return;
  lines.set(test, kept);
  onTestFailed(() => {
    // biome-ignore lint/suspicious/noConsole: vitest prints it beside the test
    console.error(`What was logged during this test:\n${kept.map(told).join('\n')}`);
  });
}

/** A line as people read it: a request on one line, an error with its stack and what caused it. */
function told(line: string): string {
  const { msg, method, path, status, ms, request_id, requestId, err, ...rest } = JSON.parse(line);
  for (const name of ['level', 'time', 'pid', 'hostname']) delete rest[name];
  const more = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  const asked = method ? `${method} ${path} ${status}, ${ms} ms` : msg;
  const cause = err ? `\n    ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n    ')}` : '';
  const code = err?.code ? ` (${err.code})` : '';
  return `  ${asked}${code}${more} [${request_id ?? requestId ?? ''}]${cause}`;
}
