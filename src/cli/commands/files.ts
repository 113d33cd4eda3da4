import { parseObject } from '../answer.ts';
import { type Command, change, detail, type Given, list } from '../command.ts';
import { download } from '../download.ts';
import { print, printJson } from '../output.ts';
import { upload } from '../upload.ts';

/** Files that go into runs, and that came out of them. */
export const files: Command[] = [
  {
    name: 'files upload',
    about: 'upload a file',
    arguments: [{ name: 'path', about: 'the file' }],
    calls: ['createFile'],
    sends: ['body.pfile', 'body.name'],
    examples: ['files upload cat.jpg', 'files upload model.bin --json'],
    run: async ({ words, isJson }: Given) => {
      const text = await upload(words.path ?? '');
      if (isJson) return printJson(text);
      const { id, path } = parseObject<Record<string, string>>(text);
      print(`Uploaded ${id}: ${path}`);
    },
  },
  {
    name: 'files list',
    about: 'show files, newest first',
    examples: ['files list --limit 100'],
    ...list('listFiles', [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['BYTES', 'size'],
      ['CREATED', 'created_at'],
      ['PATH', 'path'],
    ]),
  },
  {
    name: 'files get',
    about: 'show what is known of a file',
    arguments: [{ name: 'file', about: 'the id of the file', to: 'path.file_id', values: ['files'] }],
    examples: ['files get file_4c4d1be2a0b94d0c8d6a3b6a0c1d2e3f'],
    ...detail('getFile'),
  },
  {
    name: 'files delete',
    about: 'delete a file that nothing uses',
    arguments: [{ name: 'file', about: 'the id of the file', to: 'path.file_id', values: ['files'] }],
    examples: ['files delete file_4c4d1be2a0b94d0c8d6a3b6a0c1d2e3f'],
    ...change('deleteFile', ({ words }) => `Deleted file ${words.file}.`),
  },
  {
    name: 'files download',
    about: 'write the bytes of a file',
    arguments: [{ name: 'file', about: 'the id of the file', to: 'path.file_id', values: ['files'] }],
    flags: [
      { form: '-o, --output <path>', about: 'where to; - is stdout', isRequired: true },
      { form: '-f, --force', about: 'in the place of a file that is there' },
    ],
    calls: ['downloadPipelineFile'],
    examples: [
      'files download file_4c4d1be2a0b94d0c8d6a3b6a0c1d2e3f -o cat.jpg',
      'files download file_4c4d1be2a0b94d0c8d6a3b6a0c1d2e3f -o - | sha256sum',
    ],
    run: async ({ words, switches, isJson }) => {
      const { file = '', output = '' } = words;
      const bytes = await download(file, output, switches.has('force'));
      if (output === '-') return;
      if (isJson) printJson(JSON.stringify({ file, output, bytes }));
      else print(`Wrote ${bytes} bytes to ${output}`);
    },
  },
];
