import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import type { Json, PipelineRow } from '../pipelines/row.ts';
import { accountOf } from '../rules.ts';
import { unusable } from '../unusable.ts';
import { refuseCycle } from './graph.ts';
import { type BlockRow, blockSlug, languages, lockedBlocks, noBlock, placeOfType } from './row.ts';
import { templateOf } from './templates.ts';
import { arrange, linkDownstream } from './write.ts';

/** What may be sent, as the contract types it. */
export interface BlockBody {
  name?: string | null;
  uuid?: string | null;
  type?: string | null;
  language?: string | null;
  content?: string | null;
  color?: string | null;
  configuration?: Json | null;
  executor_config?: Json | null;
  executor_type?: string | null;
  extension_uuid?: string | null;
  has_callback?: boolean | null;
  priority?: number | null;
  replicated_block?: string | null;
  require_unique_name?: boolean | null;
  retry_config?: Json | null;
  timeout?: number | null;
  upstream_blocks?: string[] | null;
  downstream_blocks?: string[] | null;
  callback_blocks?: string[] | null;
  conditional_blocks?: string[] | null;
}

/** Adds a block to its pipeline. Throws `invalid`: docs/compat/mage.md, Blocks. */
export async function createBlock(context: Context, body: BlockBody, pipeline: PipelineRow): Promise<BlockRow> {
  const name = body.name || body.uuid;
  if (!name) throw unusable('name', "'NoneType' object has no attribute 'replace'");
  const uuid = blockSlug(name);
  const all = await lockedBlocks(context, pipeline);
  const original = body.replicated_block ? originalOf(body.replicated_block, all, pipeline) : undefined;
  const type = original?.type ?? body.type ?? '';
  const language = original?.language ?? body.language ?? 'python';
  const place = Object.hasOwn(placeOfType, type) ? placeOfType[type] : undefined;
  if (!place) throw unusable('type', "'NoneType' object is not callable");
  if (!languages.includes(language)) throw unusable('language', `'${language}'`);
  await refuseTaken(context, { uuid, type, elsewhere: body.require_unique_name === true }, all, pipeline);

  const known = new Set(all.map((block) => block.uuid));
  const content = original ? undefined : (body.content ?? undefined);
  const row = {
    pipeline_id: pipeline.id,
    ...{ uuid, name, type, language, place },
    extension_uuid: place === 'extensions' ? (body.extension_uuid ?? null) : null,
    content: content ?? original?.content ?? templateOf(type, language),
    status: content === undefined ? 'not_executed' : 'updated',
    upstream_blocks: [...new Set(body.upstream_blocks)].filter((one) => known.has(one)),
    replicated_block: original?.uuid ?? null,
    configuration: storedJson(original?.configuration ?? body.configuration ?? {}),
    color: body.color ?? null,
    has_callback: body.has_callback ?? false,
    callback_content: body.has_callback ? templateOf('callback', 'python') : null,
    position: all.length,
  };
  const [made] = (await context.db('blocks').insert(row).returning('*')) as unknown as BlockRow[];
  const added = [...all, made as BlockRow];
  if (body.downstream_blocks) await linkDownstream(context.db, uuid, body.downstream_blocks, added);
  refuseCycle(added, 'adding');
  if (typeof body.priority === 'number') {
    const order = all.map((block) => block.uuid);
    order.splice(body.priority, 0, uuid);
    await arrange(context.db, pipeline.id, order);
  }
  return made as BlockRow;
}

function originalOf(uuid: string, all: readonly BlockRow[], pipeline: PipelineRow): BlockRow {
  const original = all.find((block) => block.uuid === uuid);
  if (original) return original;
  throw noBlock(uuid, pipeline.uuid, 'Replicated block');
}

async function refuseTaken(
  context: Context,
  { uuid, type, elsewhere }: { uuid: string; type: string; elsewhere: boolean },
  all: readonly BlockRow[],
  pipeline: PipelineRow,
): Promise<void> {
  const same = all.find((block) => block.uuid === uuid);
  if (same && same.type !== type)
    throw unusable('name', `Block with uuid ${uuid} already exists in pipeline ${pipeline.uuid}`);
  const taken =
    same ||
    (elsewhere &&
      (await context
        .db('blocks as b')
        .join('pipelines as p', 'p.id', 'b.pipeline_id')
        .where({ 'p.account_id': accountOf(context), 'b.uuid': uuid, 'b.type': type })
        .first('b.id')));
  // So many blanks are in Mage's own sentence.
  const sentence = `[ERR_BLOCK_EXISTS] Block ${uuid} already exists.${' '.repeat(41)}Please use a different name.`;
  if (taken) throw unusable('name', sentence);
}
