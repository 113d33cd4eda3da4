import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import type { PipelineRow } from '../pipelines/row.ts';
import { unusable } from '../unusable.ts';
import type { BlockBody } from './create_block.ts';
import { refuseCycle } from './graph.ts';
import { type BlockRow, blockSlug, lockedBlocks, noBlock } from './row.ts';
import { templateOf } from './templates.ts';
import { arrange, linkDownstream, type NamedBlock, setContent } from './write.ts';

/**
 * Changes what is sent of a block; its content, language and type are not changed here (docs/compat/mage.md: Blocks).
 * Throws `invalid`.
 */
export async function changeBlock(
  context: Context,
  body: BlockBody,
  block: BlockRow,
  pipeline: Pick<PipelineRow, 'id' | 'uuid'>,
): Promise<BlockRow> {
  const all = await lockedBlocks(context, pipeline);
  const current = all.find(({ id }) => id === block.id);
  if (!current) throw noBlock(block.uuid, pipeline.uuid);
  refuseLinks(body, all, pipeline);
  if (body.upstream_blocks) {
    const known = new Set(all.filter(({ place }) => place === 'blocks').map(({ uuid }) => uuid));
    current.upstream_blocks = [...new Set(body.upstream_blocks)].filter((one) => known.has(one));
  }
  if (body.downstream_blocks) await linkDownstream(context.db, current.uuid, body.downstream_blocks, all);
  refuseCycle(all, 'updating');
  const renamed = body.name && body.name !== current.name ? await rename(context.db, body.name, current, all) : {};
  const [row] = await context
    .db('blocks')
    .where({ id: current.id })
    .update({
      upstream_blocks: current.upstream_blocks,
      ...columns(body),
      ...(body.has_callback &&
        current.callback_content === null && { callback_content: templateOf('callback', 'python') }),
      ...renamed,
      updated_at: context.db.fn.now(),
    })
    .returning('*');
  return row as unknown as BlockRow;
}

/** What of a body is a column; null for a column that takes none is as if it was not sent. */
function columns({
  color,
  configuration,
  executor_config,
  executor_type,
  has_callback,
  retry_config,
  timeout,
}: BlockBody) {
  const json = (value: object | null) => (value === null ? null : storedJson(value));
  return {
    ...(color !== undefined && { color }),
    ...(configuration && { configuration: storedJson(configuration) }),
    ...(executor_config !== undefined && { executor_config: json(executor_config) }),
    ...(executor_type && { executor_type }),
    ...(typeof has_callback === 'boolean' && { has_callback }),
    ...(retry_config !== undefined && { retry_config: json(retry_config) }),
    ...(timeout !== undefined && { timeout }),
  };
}

/** A new identifier, which all links follow. Throws `invalid` where another block has it. */
async function rename(db: Knex, name: string, { id, uuid: old, pipeline_id }: BlockRow, all: readonly BlockRow[]) {
  const uuid = blockSlug(name);
  if (all.some((other) => other.uuid === uuid && other.id !== id))
    throw unusable('name', `Block ${uuid} already exists in pipeline. Please use a different name.`);
  await db('blocks')
    .where({ pipeline_id })
    .whereRaw('? = any(upstream_blocks)', [old])
    .update({ upstream_blocks: db.raw('array_replace(upstream_blocks, ?, ?)', [old, uuid]) });
  await db('blocks').where({ pipeline_id, replicated_block: old }).update({ replicated_block: uuid });
  return { name, uuid };
}

/** Callbacks and conditions are linked from their own side, and Mage says of the other what it says. */
function refuseLinks(body: BlockBody, all: readonly BlockRow[], { uuid }: Pick<PipelineRow, 'uuid'>): void {
  const isCallback = (one: string) => all.some((block) => block.uuid === one && block.place === 'callbacks');
  const other = body.callback_blocks?.find((one) => !isCallback(one));
  if (other !== undefined) throw unusable('callback_blocks', `Callback block ${other} is not in the ${uuid} pipeline.`);
  const [condition] = body.conditional_blocks ?? [];
  if (condition !== undefined)
    throw unusable('conditional_blocks', `Conditional block ${condition} is not in the ${uuid} pipeline.`);
}

/**
 * What a pipeline's own update says of its blocks: their order, and with `contents` what they execute. Blocks that are not
 * named stay as they are.
 */
export async function changeBlocks(
  context: Context,
  pipeline: Pick<PipelineRow, 'id'>,
  sent: readonly unknown[],
  contents: boolean,
): Promise<void> {
  const named = sent.filter((one) => typeof one === 'object' && one !== null) as NamedBlock[];
  const all = await lockedBlocks(context, pipeline);
  for (const { uuid, content } of contents ? named : []) {
    const block = all.find((one) => one.uuid === uuid);
    if (block && typeof content === 'string') await setContent(context.db, block.id, content);
  }
  const order = named.map(({ uuid }) => uuid).filter((uuid) => typeof uuid === 'string');
  if (order.length > 0) await arrange(context.db, pipeline.id, order);
}
