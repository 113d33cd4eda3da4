import { type Argument, type Command, change, detail, edit, list } from '../command.ts';

const pointer: Argument = { name: 'pointer', about: 'user/name:tag', to: 'path.pointer', values: ['pointers'] };
const source = 'the id of a pipeline, or another pointer to it';

/** Names that lead to pipelines. */
export const pointers: Command[] = [
  {
    name: 'pointers list',
    about: 'show pointers in the order of their names',
    examples: ['pointers list', 'pointers list --name owner/gptneo'],
    ...list(
      'listPointers',
      [
        ['POINTER', 'pointer'],
        ['PIPELINE', 'pipeline_id'],
        ['LOCKED', 'locked'],
      ],
      [
        { form: '-n, --name <name>', about: 'only those of this family, user/name', to: 'query.pipeline_name' },
        { form: '-d, --show-deleted', about: 'also those of deleted pipelines', to: 'query.show_deleted', value: true },
      ],
    ),
  },
  {
    name: 'pointers get',
    about: 'show the pipeline that a pointer leads to',
    arguments: [pointer],
    examples: ['pointers get owner/gptneo:latest'],
    ...detail('getPipelineByPointer'),
  },
  {
    name: 'pointers create',
    about: 'make a pointer to a pipeline',
    arguments: [
      { name: 'pointer', about: 'user/name:tag', to: 'body.pointer' },
      { name: 'source', about: source, to: 'body.pointer_or_pipeline_id', values: ['pointers', 'pipelines'] },
    ],
    flags: [{ form: '--locked', about: 'it stays where it is', to: 'body.locked', value: true }],
    examples: ['pointers create owner/gptneo:latest owner/gptneo:v2'],
    ...change('createPointer', (_, { pointer, pipeline_id }) => `Created pointer ${pointer} -> ${pipeline_id}`),
  },
  {
    name: 'pointers edit',
    about: 'move a pointer, lock or unlock it',
    arguments: [pointer],
    flags: [
      { form: '-s, --source <source>', about: source, to: 'body.pointer_or_pipeline_id' },
      { form: '--locked', about: 'it stays where it is from now on', to: 'body.locked', value: true },
      { form: '--unlocked', about: 'it may be moved again', to: 'body.locked', value: false },
    ],
    examples: ['pointers edit owner/gptneo:latest -s owner/gptneo:v3', 'pointers edit owner/gptneo:prod --locked'],
    ...edit('updatePointer', (_, { pointer, pipeline_id }) => `Edited pointer ${pointer} -> ${pipeline_id}`),
  },
  {
    name: 'pointers delete',
    about: 'delete a pointer, and nothing of its pipeline',
    arguments: [pointer],
    examples: ['pointers delete owner/gptneo:old'],
    ...change('deletePointer', ({ words }) => `Deleted pointer ${words.pointer}.`),
  },
];
