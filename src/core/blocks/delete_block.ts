import type { Context } from '../context.ts';
import type { PipelineRow } from '../pipelines/row.ts';
import { unusable } from '../unusable.ts';
import { downstreamOf } from './graph.ts';
import { type BlockRow, lockedBlocks } from './row.ts';

/**
 * Takes a block out of its pipeline. Throws `invalid` while others depend on it, unless `force`d: then its upstream blocks
 * become theirs.
 */
export async function deleteBlock(
  context: Context,
  block: BlockRow,
  pipeline: PipelineRow,
  force: boolean,
): Promise<void> {
  const { db } = context;
  const all = await lockedBlocks(context, pipeline);
  const { uuid } = block;
  const dependants = block.place === 'blocks' ? downstreamOf(uuid, all) : [];
  if (dependants.length > 0 && !force) {
    const names = dependants.map((one) => `'${one.uuid}'`).join(', ');
    const sentence = `Block(s) [${names}] are depending on block ${uuid}. Please remove the downstream blocks first.`;
    throw unusable('force', sentence);
  }
  const inherited = all.find(({ id }) => id === block.id)?.upstream_blocks ?? [];
  const linked = all.filter(({ upstream_blocks }) => upstream_blocks.includes(uuid));
  for (const { id, upstream_blocks, place } of linked) {
    const instead = place === 'blocks' ? inherited : [];
    const upstream = [...new Set(upstream_blocks.flatMap((one) => (one === uuid ? instead : [one])))];
    await db('blocks').where({ id }).update({ upstream_blocks: upstream });
  }
  await db('blocks').where({ id: block.id }).delete();
}
