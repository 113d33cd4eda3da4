import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { components } from '../../generated/mystic.ts';
import { brokeOff, isSuccess, parse, parseObject, read, refusal } from './answer.ts';
import { printRows, printThing } from './command.ts';
import { print, printJson, showProgress, warn } from './output.ts';
import { call, openAnyway } from './server.ts';
import { Stop } from './stop.ts';

type Run = components['schemas']['RunResult'];

/** A run is an answer whatever its status: where nobody takes it, it is 503 (docs/compat/mystic.md: Waiting). */
export async function start(body: string): Promise<string> {
  return runOf(await openAnyway('createRun', { body }));
}

async function runOf(opened: IncomingMessage): Promise<string> {
  const answer = await read(opened);
  const body = isSuccess(opened) ? parseObject(answer.text) : parse(answer.text);
  if (typeof body !== 'object' || body === null || !('state' in body)) throw refusal(answer);
  return answer.text;
}

const startingUp = 'The pipeline may be starting up: wait a few minutes, or queue the run with --wait or --async.';
const ended = new Set<string>(['completed', 'failed', 'no_resources_available', 'node_preempted']);

/** Asks until the run has ended, ever more seldom, at last every 5 seconds. */
export async function waitFor(first: string): Promise<string> {
  const { id } = parse(first) as Run;
  warn(`Waiting for ${id}`);
  const progress = showProgress('{state} since {duration_formatted}', 0, { state: 'queued' });
  try {
    let text = first;
    for (let pause = 250; ; pause = Math.min(pause * 1.3, 5_000)) {
      const { state, queue_position } = parse(text) as Run;
      if (ended.has(state)) return text;
      progress.to(0, { state: queue_position ? `${state} behind ${queue_position} others` : state });
      await sleep(pause);
      text = (await call('getRun', { path: { run_id: id } })).text;
    }
  } finally {
    progress.end();
  }
}

/** Prints a run, and what came out of it. Throws a `Stop` where it did not complete. */
export function show(text: string, isJson: boolean) {
  const run = parse(text) as Run;
  if (isJson) printJson(text);
  else {
    const { id, state, outputs } = run;
    printThing({ id, state });
    if (outputs) {
      const rows = outputs.map(({ type, value, file }) => ({
        type,
        value: file ? (file.url ?? file.path) : JSON.stringify(value),
      }));
      printRows(
        [
          ['OUTPUT', 'type'],
          ['VALUE', 'value'],
        ],
        rows,
      );
    }
  }
  refuseFailed(run);
}

/** Prints each line as soon as it is there: the whole of it with --json, else the values alone. */
export async function stream(sent: string, isJson: boolean) {
  const answer = await openAnyway('streamRun', { body: sent });
  if (!isSuccess(answer)) return show(await runOf(answer), isJson);
  let last: Run | undefined;
  for await (const line of linesOf(answer)) {
    if (line.trim() === '') continue;
    const run = parseObject<Run>(line);
    last = run;
    if (isJson) printJson(line);
    else if (run.outputs) print(JSON.stringify(run.outputs.map(({ value, file }) => file ?? value)));
  }
  if (last === undefined) throw new Stop('refused', 'The stream ended before anything came.');
  refuseFailed(last);
}

async function* linesOf(answer: IncomingMessage): AsyncIterable<string> {
  let rest = '';
  try {
    for await (const text of answer.setEncoding('utf8')) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw brokeOff(error);
  }
  yield rest;
}

function refuseFailed({ id, state, error }: Run) {
  if (error)
    throw new Stop(
      'refused',
      `${id} ${state === 'failed' ? 'failed' : `is ${state}`}: ${error.message} (${error.type})`,
    );
  if (state === 'no_resources_available') throw new Stop('refused', `${id} found nobody to take it. ${startingUp}`);
  if (ended.has(state) && state !== 'completed') throw new Stop('refused', `${id} ended as ${state}.`);
}
