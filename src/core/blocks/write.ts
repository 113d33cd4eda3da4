import type { Knex } from 'knex';
import type { BlockRow } from './row.ts';

/** A block as a pipeline's own update names it; whatever else was sent of it. */
export interface NamedBlock {
  uuid?: unknown;
  content?: unknown;
}

/** Makes these blocks, and no others, take a block's output. Changes the rows that are given, too. */
export async function linkDownstream(
  db: Knex,
  uuid: string,
  wanted: readonly string[],
  all: readonly BlockRow[],
): Promise<void> {
  for (const block of all.filter(({ place }) => place === 'blocks')) {
    const has = block.upstream_blocks.includes(uuid);
    if (has === wanted.includes(block.uuid)) continue;
    block.upstream_blocks = has
      ? block.upstream_blocks.filter((one) => one !== uuid)
      : [...block.upstream_blocks, uuid];
    await db('blocks').where({ id: block.id }).update({ upstream_blocks: block.upstream_blocks });
  }
}

/** Puts the blocks of a pipeline in this order; those that are not named come last, as they were. */
export async function arrange(db: Knex, pipelineId: number, order: readonly string[]): Promise<void> {
  await db.raw(
    `update blocks b set position = o.place from (
       select id, row_number() over (order by array_position(?::text[], uuid) nulls last, position, id) - 1 as place
       from blocks where pipeline_id = ?
     ) o where o.id = b.id and b.position <> o.place`,
    [[...order], pipelineId],
  );
}

/** Gives a block another content. */
export async function setContent(db: Knex, id: number, content: string): Promise<void> {
  await db('blocks')
    .where({ id })
    .whereNot({ content })
    .update({ content, status: 'updated', updated_at: db.fn.now() });
}

/** What a copy of a block takes over. */
const copied = `uuid, name, type, language, place, extension_uuid, content, callback_content, upstream_blocks,
  replicated_block, configuration, color, executor_config, executor_type, has_callback, retry_config, timeout, status, position`;

/** Gives a pipeline all blocks of another one, with contents of its own. */
export async function copyBlocks(db: Knex, from: number, to: number): Promise<void> {
  await db.raw(`insert into blocks (pipeline_id, ${copied}) select ?, ${copied} from blocks where pipeline_id = ?`, [
    to,
    from,
  ]);
}
