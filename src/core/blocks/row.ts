import type { Knex } from 'knex';
import type { Block } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Json, PipelineRow } from '../pipelines/row.ts';

export const places = ['blocks', 'callbacks', 'conditionals', 'extensions'] as const;
/** Which list of its pipeline a block is in. */
export type Place = (typeof places)[number];

/** A block as the table holds it, with its JSON columns as what they are. */
export type BlockRow = Omit<Block, 'configuration' | 'executor_config' | 'retry_config' | 'place' | 'status'> & {
  configuration: Json;
  executor_config: Json | null;
  retry_config: Json | null;
  place: Place;
  status: 'not_executed' | 'updated';
};

/** Mage's types, and the list that a block of each lands in (docs/compat/mage.md: Blocks). */
export const placeOfType: Record<string, Place> = {
  callback: 'callbacks',
  chart: 'blocks',
  conditional: 'conditionals',
  custom: 'blocks',
  data_exporter: 'blocks',
  data_loader: 'blocks',
  extension: 'extensions',
  global_data_product: 'blocks',
  group: 'blocks',
  markdown: 'blocks',
  scratchpad: 'blocks',
  sensor: 'blocks',
  transformer: 'blocks',
};

export const languages = ['markdown', 'python', 'r', 'sql', 'yaml'];

/** A block's identifier, from its name: as a pipeline's, but that slashes survive. */
export function blockSlug(name: string): string {
  const clean = name.replace(/[\uFEFF"$\r\n\t]/g, '').replace(/[^\p{L}\p{N}_/]/gu, '_');
  return (/^\p{Nd}/u.test(clean) ? `letter_${clean}` : clean).toLowerCase();
}

/** The blocks of pipelines, each pipeline's in its order. */
export async function blocksOf(db: Knex, pipelineIds: readonly number[]): Promise<BlockRow[]> {
  return db('blocks').whereIn('pipeline_id', pipelineIds).orderBy(['pipeline_id', 'position', 'id']) as never;
}

/** The same of one pipeline, which nobody else changes until the transaction ends: its blocks are one graph. */
export async function lockedBlocks({ db }: Context, { id }: Pick<PipelineRow, 'id'>): Promise<BlockRow[]> {
  await db('pipelines').where({ id }).forNoKeyUpdate().first('id');
  return blocksOf(db, [id]);
}

/** The `invalid` of a block that its pipeline does not have. */
export function noBlock(uuid: string, pipeline: string, what = 'Block'): Failure {
  return new Failure('invalid', `${what} ${uuid} does not exist in pipeline ${pipeline}.`);
}
