import { parseObject } from '../answer.ts';
import { type Command, change, detail, edit, type Flag, type Given, list } from '../command.ts';
import { pipelineIdOf } from '../container.ts';
import { commaList, jsonValue, reference } from '../input.ts';
import { print, printJson } from '../output.ts';
import { call } from '../server.ts';
import { Stop } from '../stop.ts';

const id = {
  name: 'pipeline',
  about: 'its id, a pointer to it, or its name for the newest version',
  to: 'path.pipeline_id',
  values: ['pointers', 'pipelines'],
} as const;

/** Any of these is taken wherever a pipeline is asked for. */
const asNamed = (work: Pick<Command, 'calls' | 'run'>): Pick<Command, 'calls' | 'run'> => ({
  calls: [...work.calls, 'getPipelineByPointer', 'listPipelinesByFamily'],
  run: async (given, help) =>
    work.run({ ...given, path: { pipeline_id: await pipelineIdOf(given.words.pipeline ?? '') } }, help),
});

const common: Flag[] = [
  { form: '--description <text>', about: 'what it is for', to: 'body.description' },
  { form: '--readme <text>', about: 'its readme, in Markdown; @file reads it', to: 'body.readme', read: reference },
  { form: '--accelerators <list>', about: 'such as nvidia_t4,nvidia_t4', to: 'body.accelerators', read: commaList },
  { form: '--scaling-config <name>', about: 'its scaling configuration', to: 'body.scaling_config' },
  { form: '--extras <json>', about: 'anything more; @file reads it', to: 'body.extras', read: jsonValue },
];

const variables: Flag[] = [
  {
    form: '--inputs <json>',
    about: 'its input variables; @file reads them',
    to: 'body.input_variables',
    read: jsonValue,
  },
  {
    form: '--outputs <json>',
    about: 'its output variables; @file reads them',
    to: 'body.output_variables',
    read: jsonValue,
  },
];

const create = change('createPipeline', (_, { id, name }) => `Created pipeline ${name}: ${id}`);

/** Pipelines, each a version of its family. */
export const pipelines: Command[] = [
  {
    name: 'pipelines list',
    about: 'show pipelines, newest first',
    examples: ['pipelines list', 'pipelines list --skip 20 --limit 20', "pipelines list --json | jq '.data[].id'"],
    ...list('listPipelines', [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['CREATED', 'created_at'],
      ['ACCELERATORS', 'accelerators'],
    ]),
  },
  {
    name: 'pipelines get',
    about: 'show a pipeline',
    arguments: [id],
    flags: [
      { form: '--pointers', about: 'with its pointers', to: 'query.include_pointers', value: true },
      { form: '--extras', about: 'with its extras', to: 'query.include_extras', value: true },
    ],
    examples: [
      'pipelines get owner/gptneo',
      'pipelines get owner/gptneo:latest --pointers',
      'pipelines get pipeline_4fd5b4a0c2a74a0e8ac4f7a6a8c1f2d3',
    ],
    ...asNamed(detail('getPipeline')),
  },
  {
    name: 'pipelines create',
    about: 'make the next version of a pipeline',
    arguments: [{ name: 'name', about: 'user/name, or a name alone for your own', to: 'body.name' }],
    flags: [
      { form: '--image <image>', about: 'the image that it runs', to: 'body.image', isRequired: true },
      ...variables,
      ...common,
    ],
    sends: ['body.input_variables', 'body.output_variables'],
    examples: [
      'pipelines create owner/gptneo --image localhost:5000/owner/gptneo:0123456789ab',
      `pipelines create gptneo --image gptneo:1 --inputs '[{"run_io_type": "string"}]' --readme @README.md`,
    ],
    calls: create.calls,
    run: (given) => create.run({ ...given, body: { input_variables: [], output_variables: [], ...given.body } }),
  },
  {
    name: 'pipelines container',
    about: 'show where the container of a pipeline is, or say where; for owners',
    arguments: [id, { name: 'url', about: 'the address of the container', to: 'body.url', isOptional: true }],
    flags: [{ form: '--remove', about: 'take the container away', to: 'body.url', value: null }],
    examples: [
      'pipelines container owner/add',
      'pipelines container owner/add http://localhost:14300',
      'pipelines container owner/add:v1 --remove',
    ],
    ...asNamed({ calls: ['setContainer', 'getContainer'], run: container }),
  },
  {
    name: 'pipelines edit',
    about: 'change a pipeline',
    arguments: [id],
    flags: [
      { form: '--public', about: 'mark it as public', to: 'body.public', value: true },
      { form: '--private', about: 'take that mark away', to: 'body.public', value: false },
      ...common,
      ...variables,
    ],
    examples: ['pipelines edit owner/gptneo:v2 --scaling-config owner/at-most-two'],
    ...asNamed(edit('updatePipeline', ({ words }) => `Edited pipeline ${words.pipeline}.`)),
  },
  {
    name: 'pipelines delete',
    about: 'delete a pipeline; its pointers lead nowhere from now on',
    arguments: [id],
    examples: ['pipelines delete owner/gptneo:v1', 'pipelines delete pipeline_4fd5b4a0c2a74a0e8ac4f7a6a8c1f2d3'],
    ...asNamed(
      change('deletePipeline', ({ words, path }) => `Deleted pipeline ${told(words.pipeline, path.pipeline_id)}.`),
    ),
  },
];

/** A name that may lead elsewhere by now, with what it stood for. */
const told = (named = '', id = '') => (named === id ? id : `${named}: ${id}`);

async function container({ words, switches, path, body, isJson }: Given) {
  const { pipeline = '', url } = words;
  const removes = switches.has('remove');
  if (removes && url !== undefined) throw new Stop('usage', 'Give an address, or --remove.');
  const sets = removes || url !== undefined;
  const { text } = await (sets ? call('setContainer', { path, body }) : call('getContainer', { path }));
  if (isJson) return printJson(text);
  const now = parseObject<{ url: string | null }>(text).url;
  if (sets) return print(now ? `${pipeline} runs at ${now} from now on.` : `${pipeline} has no container from now on.`);
  if (now === null)
    throw new Stop(
      'notFound',
      `${pipeline} has no container. Attach one: latchkey pipelines container ${pipeline} URL`,
    );
  print(now);
}
