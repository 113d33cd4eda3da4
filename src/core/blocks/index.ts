import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type PipelineRow, pipelineOf } from '../pipelines/index.ts';
import { texts } from '../pipelines/list.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { unusable } from '../unusable.ts';
import { changeBlock } from './change_block.ts';
import { createBlock } from './create_block.ts';
import { deleteBlock } from './delete_block.ts';
import { type BlockRow, blocksOf, noBlock, type Place } from './row.ts';
import { brief, type ShownBlock, shown, written } from './shown_block.ts';

/** A block, and the pipeline that it was found in. */
type Row = ShownBlock & { pipeline: PipelineRow };

const detailed = [...written, 'outputs'] as const;

/** What of a block may be sent; the rest is shown only. */
const writable = [
  ...['block_action_object', 'catalog', 'color', 'config', 'configuration', 'content', 'converted_from', 'defaults'],
  ...['downstream_blocks', 'extension_uuid', 'has_callback', 'language', 'metadata', 'name', 'pipelines', 'priority'],
  ...['replicated_block', 'require_unique_name', 'type', 'upstream_blocks', 'uuid'],
];
const changeable = [
  ...[...writable, 'all_upstream_blocks_executed', 'callback_blocks', 'callback_content', 'conditional_blocks'],
  ...['executor_config', 'executor_type', 'outputs', 'retry_config', 'status', 'tags', 'timeout'],
];

/** The blocks of a pipeline (docs/compat/mage.md: Blocks). */
export const blocks: Endpoint<Row, unknown, PipelineRow> = {
  name: 'blocks',
  resource: {
    parent: (context, uuid) => pipelineOf(context, uuid),

    async list({ db }, { query, page: { limit = 0, offset } }, pipeline) {
      if (!pipeline) return { rows: [], count: 0, limit: 0, offset };
      const all = await blocksOf(db, [pipeline.id]);
      const wanted = texts(query['block_uuid[]']);
      const found = all.filter(
        ({ place, uuid }) => place === 'blocks' && (wanted.length === 0 || wanted.includes(uuid)),
      );
      const page = found.slice(offset, limit > 0 ? offset + limit : undefined);
      const rows = page.map((block) => ({ ...shown(block, all), pipeline }));
      return { rows, count: found.length, limit: limit > 0 ? limit : found.length, offset };
    },

    member: (context, call, pipeline) =>
      pipeline ? inPipeline(context, call, pipeline, placeOf(call)) : anywhere(context, call),

    async create(context, { body }, pipeline) {
      if (!pipeline) throw new Failure('invalid', 'A block needs a pipeline.', { reason: { missing: 'parent' } });
      const { uuid } = await createBlock(context, body, pipeline);
      return again(context, uuid, pipeline);
    },

    async update(context, { body }, block) {
      const { uuid } = await changeBlock(context, body, block as never, block.pipeline);
      return again(context, uuid, block.pipeline);
    },

    async delete(context, { query, parentId }, block) {
      if (parentId === undefined) throw unusable('pipeline', "'NoneType' object has no attribute 'blocks_by_uuid'");
      await deleteBlock(context, block as never, block.pipeline, Boolean(query.force));
      return block;
    },
  },

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...each([...detailed, 'callback_blocks', 'conditional_blocks', 'metadata', 'tags'] as const, viewer),
      ...each(['id', 'pipeline_id', 'pipeline', 'place', 'extension_uuid', 'position'] as const, hidden),
      ...each(['created_at', 'updated_at'] as const, hidden),
    },
    write: { ...each(changeable, { update: editor }), ...each(writable, editor) },
    query: {
      'block_uuid[]': { list: viewer },
      ...each(['block_type', 'extension_uuid'], { detail: viewer, update: editor, delete: editor }),
      force: { delete: editor },
    },
  },

  presenter: { default: brief, create: written, update: written, detail: detailed },
  collect: {},
};

/** The same, for whoever changes one: a callback need not be asked for by its type then. */
export const anyBlocks: typeof blocks = {
  ...blocks,
  resource: {
    ...blocks.resource,
    member: (context, call, pipeline) => inPipeline(context, call, pipeline as PipelineRow),
  },
};

/** Where a block is looked for: callbacks and conditions are to be asked for by their type. */
function placeOf({ query }: Call): Place {
  const asked: Record<string, Place> = { callback: 'callbacks', conditional: 'conditionals' };
  return asked[String(query.block_type)] ?? 'blocks';
}

async function inPipeline({ db }: Context, { id = '' }: Call, pipeline: PipelineRow, place?: Place): Promise<Row> {
  const all = await blocksOf(db, [pipeline.id]);
  const block = all.find((one) => one.uuid === id && (place === undefined || one.place === place));
  if (!block) throw noBlock(id, pipeline.uuid);
  return { ...shown(block, all), pipeline };
}

/**
 * A block by its type and its uuid alone, while one pipeline has such a one (docs/adr/0021). Throws `not_found`, and `invalid`
 * for several or for what names no block.
 */
async function anywhere(context: Context, { id = '' }: Call): Promise<Row> {
  const [, type, uuid] = /^([^/]+)\/(.+)$/.exec(id) ?? [];
  if (!uuid) throw new Failure('invalid', 'The url path should be in block_type/block_uuid format.');
  const found: (BlockRow & { pipeline_uuid: string })[] = await context
    .db('blocks as b')
    .join('pipelines as p', 'p.id', 'b.pipeline_id')
    .where({ 'p.account_id': accountOf(context), 'b.uuid': uuid, 'b.type': type })
    .orderBy('p.uuid')
    .select('b.*', 'p.uuid as pipeline_uuid');
  const [block, ...others] = found;
  if (!block) throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
  if (others.length > 0) {
    const names = found.map(({ pipeline_uuid }) => pipeline_uuid).join(', ');
    throw new Failure('invalid', `Several pipelines have a block ${id}: ${names}. Name one of them.`);
  }
  const pipeline = await pipelineOf(context, block.pipeline_uuid);
  return { ...shown(block, await blocksOf(context.db, [pipeline.id])), pipeline };
}

async function again(context: Context, uuid: string, pipeline: PipelineRow): Promise<Row> {
  const all = await blocksOf(context.db, [pipeline.id]);
  return { ...shown(all.find((block) => block.uuid === uuid) as BlockRow, all), pipeline };
}
