import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { components } from '../../generated/mystic.ts';
import { brokeOff, isSuccess, parse, parseObject, read, refusal } from './answer.ts';
import { printRows, printThing } from './command.ts';
import { attaching, lacksContainer } from './container.ts';
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

/**
 * Asks until the run has ended, ever more seldom, at last every 5 seconds, and says on stderr how it stands whenever that
 * has changed. Throws a `Stop` after so many seconds; the run goes on.
 */
export async function waitFor(first: string, seconds = Infinity): Promise<string> {
  const { id } = parse(first) as Run;
  const from = Date.now();
  const since = () => (Date.now() - from) / 1000;
  let told = '';
  const progress = showProgress('{state} since {duration_formatted}', 0, { state: 'queued' });
  try {
    let text = first;
    for (let pause = 250; ; pause = Math.min(pause * 1.3, 5_000)) {
      const { state, queue_position } = parse(text) as Run;
      const stands = queue_position ? `${state} behind ${queue_position} others` : state;
      if (stands !== told) warn(`${id} is ${stands} (${since().toFixed(1)} s)`);
      told = stands;
      if (ended.has(state)) return text;
      const left = seconds - since();
      if (left <= 0) {
        throw new Stop('refused', `${id} is still ${stands} after ${seconds} s. It goes on: latchkey runs get ${id}`);
      }
      progress.to(0, { state: stands });
      await sleep(Math.min(pause, left * 1000));
      text = (await call('getRun', { path: { run_id: id } })).text;
    }
  } finally {
    progress.end();
  }
}

/** Says at once that nobody will take a queued run of the pipeline that was named so. */
export async function warnOfNobody(text: string, named: string): Promise<void> {
  const { id, state, pipeline_id } = parse(text) as Run;
  if (ended.has(state) || !(await lacksContainer(pipeline_id))) return;
  warn(`Nobody takes ${id} yet. ${attaching(named)}`);
}

/** Prints a run of the pipeline that was named so, and what came out of it. Throws a `Stop` where it did not complete. */
export async function show(text: string, named: string, isJson: boolean) {
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
  await refuseFailed(run, named);
}

/** Prints each line as soon as it is there: the whole of it with --json, else the values alone. */
export async function stream(sent: string, named: string, isJson: boolean) {
  const answer = await openAnyway('streamRun', { body: sent });
  if (!isSuccess(answer)) return show(await runOf(answer), named, isJson);
  let last: Run | undefined;
  for await (const line of linesOf(answer)) {
    if (line.trim() === '') continue;
    const run = parseObject<Run>(line);
    last = run;
    if (isJson) printJson(line);
    else if (run.outputs) print(JSON.stringify(run.outputs.map(({ value, file }) => file ?? value)));
  }
  if (last === undefined) throw new Stop('refused', 'The stream ended before anything came.');
  await refuseFailed(last, named);
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

async function refuseFailed({ id, state, error, pipeline_id }: Run, named: string) {
  if (error)
    throw new Stop(
      'refused',
      `${id} ${state === 'failed' ? 'failed' : `is ${state}`}: ${error.message} (${error.type})`,
    );
  if (state === 'no_resources_available') {
    const why = (await lacksContainer(pipeline_id)) ? attaching(named) : startingUp;
    throw new Stop('refused', `${id} found nobody to take it. ${why}`);
  }
  if (ended.has(state) && state !== 'completed') throw new Stop('refused', `${id} ended as ${state}.`);
}
