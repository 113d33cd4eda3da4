import type { Json } from '../pipelines/row.ts';
import { downstreamOf } from './graph.ts';
import type { BlockRow } from './row.ts';

/** A block with what its neighbours say of it. */
export interface ShownBlock
  extends Omit<BlockRow, 'status' | 'has_callback' | 'callback_content' | 'replicated_block'> {
  status: BlockRow['status'] | null;
  has_callback: boolean | null;
  callback_content?: string;
  replicated_block?: string;
  all_upstream_blocks_executed: boolean;
  downstream_blocks: string[];
  callback_blocks: string[];
  conditional_blocks: string[];
  /** Of runs in an editor, which are none here. */
  outputs: Json[];
  metadata: Json;
  tags: string[];
}

/** The attributes that every block has wherever it is shown (docs/compat/mage.md: Blocks). */
export const brief = [
  'all_upstream_blocks_executed',
  'color',
  'configuration',
  'downstream_blocks',
  'executor_config',
  'executor_type',
  'has_callback',
  'name',
  'language',
  'retry_config',
  'status',
  'timeout',
  'type',
  'upstream_blocks',
  'uuid',
] as const;
/** With what it executes; the last two only where it has them. */
export const written = [...brief, 'content', 'callback_content', 'replicated_block'] as const;
/** As a pipeline's detail has it. */
const inPipeline = [...written, 'callback_blocks', 'conditional_blocks', 'metadata', 'outputs', 'tags'] as const;

/** A block inside its pipeline; lists leave out what is not in `brief`. */
export type InsideBlock = Pick<ShownBlock, (typeof brief)[number]> &
  Partial<Pick<ShownBlock, (typeof inPipeline)[number]>>;

/** A block among all of its pipeline. */
export function shown(block: BlockRow, all: readonly BlockRow[]): ShownBlock {
  const uuids = (place: BlockRow['place']) => downstreamOf(block.uuid, all, place).map(({ uuid }) => uuid);
  const { callback_content, replicated_block, ...its } = block;
  return {
    ...its,
    ...(block.has_callback && { callback_content: callback_content ?? '' }),
    ...(replicated_block !== null && { replicated_block }),
    // None ever is: runs of triggers leave it alone, and others there are none.
    all_upstream_blocks_executed: block.upstream_blocks.length === 0,
    downstream_blocks: uuids('blocks'),
    callback_blocks: uuids('callbacks'),
    conditional_blocks: uuids('conditionals'),
    outputs: [],
    metadata: {},
    tags: [],
  };
}

/** What a pipeline shows of a block: in a list without what only its file says. */
export function inside(block: BlockRow, all: readonly BlockRow[], isList: boolean): InsideBlock {
  const whole = shown(block, all);
  const values = isList ? { ...whole, status: null, has_callback: null } : whole;
  const names: readonly (keyof ShownBlock)[] = isList ? brief : inPipeline;
  const attributes = names.map((name) => [name, values[name]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(attributes) as InsideBlock;
}
