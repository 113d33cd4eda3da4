import { Failure } from '../../contract/failure.ts';
import { setContent } from '../blocks/write.ts';
import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { repoPath } from '../statuses/index.ts';
import { unusable } from '../unusable.ts';

/** A file of Mage's project, of which there are those of blocks alone; of one that is not there, nothing is set. */
interface Row {
  content: string;
  modified_timestamp: number | null;
  name: string;
  path: string;
  size: number | null;
  block_id: number | null;
}

const shown = ['content', 'modified_timestamp', 'name', 'path', 'size'] as const;
const endings: Record<string, string> = { python: 'py', sql: 'sql', r: 'r', yaml: 'yaml', markdown: 'md' };
const absent: Row = { content: '', modified_timestamp: null, name: '', path: '', size: null, block_id: null };

/** The content of blocks by the path that it has in a project of Mage's (docs/compat/mage.md: Files). */
export const fileContents: Endpoint<Row> = {
  name: 'file_contents',
  resource: {
    member: (context, { id = '' }) => fileAt(context, id),
    async update(context, { id = '', body }, file) {
      const { content, version } = body as { content?: string; version?: unknown };
      if (content === undefined) {
        const sentence = 'Please provide a content or version in the request payload.';
        throw new Failure('invalid', version ? 'Earlier versions of files are not kept.' : sentence);
      }
      if (file.block_id === null) throw unusable('path', `[Errno 21] Is a directory: '${repoPath}/'`);
      await setContent(context.db, file.block_id, content);
      return fileAt(context, id);
    },
  },
  policy: {
    action: { detail: viewer, update: editor },
    read: { ...each(shown, viewer), block_id: hidden },
    write: each(['content', 'version'], { update: editor }),
    query: {},
  },
  presenter: { default: shown },
  collect: {},
};

/** `<type>s/<uuid>.py`, or `pipelines/<pipeline>/<type>s/<uuid>.py`. Throws `invalid` for a path out of the project. */
async function fileAt(context: Context, path: string): Promise<Row> {
  if (/^\/|^[a-z]:|\0/i.test(path))
    throw new Failure('invalid', `File at path: ${path} is not in the project directory.`);
  const [, pipeline, folder = '', uuid = '', ending = ''] =
    /^(?:pipelines\/([^/]+)\/)?(\w+)\/(.+)\.(\w+)$/.exec(path) ?? [];
  const type = folder === 'custom' ? folder : folder.replace(/s$/, '');
  const found = context
    .db('blocks as b')
    .join('pipelines as p', 'p.id', 'b.pipeline_id')
    .where({ 'p.account_id': accountOf(context), 'b.uuid': uuid, 'b.type': type })
    .orderBy('p.uuid')
    .select('b.id', 'b.content', 'b.language', 'b.updated_at', 'p.uuid as pipeline_uuid');
  if (pipeline !== undefined) found.where('p.uuid', pipeline);
  const blocks = (await found).filter(({ language }) => endings[language] === ending);
  const [block, ...others] = blocks;
  if (!block) return absent;
  if (others.length > 0) {
    const names = blocks.map(({ pipeline_uuid }) => `pipelines/${pipeline_uuid}/${path}`).join(', ');
    throw new Failure('invalid', `Several pipelines have a block of this path: ask for one of ${names}.`);
  }
  return {
    content: block.content,
    modified_timestamp: Date.parse(block.updated_at) / 1000,
    name: `${uuid.split('/').at(-1)}.${ending}`,
    path: `/home/src/${repoPath}/${path}`,
    size: Buffer.byteLength(block.content),
    block_id: block.id,
  };
}
