import { type Command, detail, type Given, list } from '../command.ts';
import { pipelineIdOf } from '../container.ts';
import { wholeNumber } from '../input.ts';
import { fileInput, valueInput } from '../inputs.ts';
import { show, start, stream, waitFor, warnOfNobody } from '../run.ts';
import { Stop } from '../stop.ts';

const modes = [
  { form: '--wait', about: 'queue the run, say how it stands whenever that changes, and wait until it has ended' },
  { form: '--timeout <seconds>', about: 'with --wait: wait so long at most; the run goes on', read: wholeNumber },
  { form: '--async', about: 'queue the run, and do not wait: see runs get' },
  { form: '--stream', about: 'print outputs as they come, a line of JSON each time' },
];

/** Runs of pipelines. */
export const runs: Command[] = [
  {
    name: 'runs create',
    about: 'run a pipeline, and print what comes out of it',
    arguments: [
      {
        name: 'pipeline',
        about: 'its id, a pointer to it, or its name for the newest version',
        to: 'body.pipeline',
        values: ['pointers', 'pipelines'],
      },
    ],
    flags: [
      { form: '--input <json>', about: 'an input; may be given again; @file reads it, @- reads stdin', list: 'inputs' },
      { form: '--file <path>', about: 'an input that is a file, which is uploaded', list: 'inputs' },
      ...modes,
    ],
    calls: ['createRun', 'streamRun', 'getRun', 'createFile', 'getContainer', 'listPipelinesByFamily'],
    sends: ['body.inputs', 'body.async_run'],
    examples: [
      'runs create owner/add --input 5 --input 4',
      `runs create owner/gptneo:latest --input '"Once upon a time"' --stream`,
      `runs create owner/classify:v2 --file cat.jpg --input '{"top": 3}' --wait`,
      'runs create owner/add:v1 --input 5 --input 4 --wait --timeout 60',
      'runs create owner/add:v1 --input @first.json --input @second.json --async',
    ],
    run: create,
  },
  {
    name: 'runs get',
    about: 'show a run and what came out of it',
    arguments: [{ name: 'run', about: 'the id of the run', to: 'path.run_id', values: ['runs'] }],
    examples: ['runs get run_9f2c0b7e5d614a0f8e3b6c1d2a4f5e60'],
    ...detail('getDetailedRun'),
  },
  {
    name: 'runs list',
    about: 'show runs, newest first',
    examples: ['runs list', 'runs list --pipeline pipeline_4fd5b4a0c2a74a0e8ac4f7a6a8c1f2d3 --limit 5'],
    ...list(
      'listRuns',
      [
        ['ID', 'id'],
        ['PIPELINE', 'pipeline_id'],
        ['STATE', 'state'],
        ['CREATED', 'created_at'],
        ['MILLISECONDS', 'compute_time_ms'],
      ],
      [
        { form: '-p, --pipeline <id>', about: 'only runs of this pipeline', to: 'query.pipeline_id' },
        { form: '--order-by <order>', about: 'such as compute_time_ms:desc', to: 'query.order_by' },
      ],
    ),
  },
];

async function create({ words, body, lists, switches, isJson }: Given) {
  const chosen = ['wait', 'async', 'stream'].filter((mode) => switches.has(mode));
  if (chosen.length > 1) throw new Stop('usage', `--${chosen.join(' and --')} exclude each other.`);
  if (words.timeout !== undefined && !switches.has('wait')) throw new Stop('usage', '--timeout goes with --wait.');
  const inputs: string[] = [];
  for (const [name, text] of lists.inputs ?? []) inputs.push(await (name === 'file' ? fileInput : valueInput)(text));
  const isAsync = switches.has('wait') || switches.has('async');
  const { pipeline = '' } = words;
  // A pointer may move meanwhile: the server says where it leads.
  const named = pipeline.includes(':') ? pipeline : await pipelineIdOf(pipeline);
  const others = JSON.stringify({ ...body, pipeline: named, async_run: isAsync }).slice(0, -1);
  const sent = `${others},"inputs":[${inputs.join()}]}`;

  if (switches.has('stream')) return stream(sent, pipeline, isJson);
  const first = await start(sent);
  if (isAsync) await warnOfNobody(first, pipeline);
  const last = switches.has('wait') ? await waitFor(first, Number(words.timeout ?? Infinity)) : first;
  await show(last, pipeline, isJson);
}
