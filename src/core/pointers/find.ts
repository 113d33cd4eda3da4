import type { Pipeline } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { accountOf } from '../rules.ts';

/** `User/Name:Tag` as it is kept: all but the tag in lower case. */
export function lowered(pointer: string): string {
  const colon = pointer.lastIndexOf(':');
  return colon < 0 ? pointer.toLowerCase() : pointer.slice(0, colon).toLowerCase() + pointer.slice(colon);
}

/** The pipeline of the caller's account that an `id` or a pointer names. Throws `not_found`. */
export async function pipelineByIdOrPointer(context: Context, idOrPointer: string): Promise<Pipeline> {
  const uuid = uuidOf('pipeline', idOrPointer);
  const account_id = accountOf(context);
  const led = context.db('pointers').where({ account_id, pointer: lowered(idOrPointer) });
  const pipeline = await context
    .db('pipelines')
    .where({ account_id })
    .where((query) => void (uuid ? query.where('public_id', uuid) : query.whereIn('id', led.select('pipeline_id'))))
    .first();
  if (pipeline) return pipeline;
  throw noPipeline();
}

/** The sentence of docs/compat/mystic.md: Errors. */
export function noPipeline(): Failure {
  return new Failure('not_found', 'Pipeline not found', { reason: { missing: 'pipeline' } });
}
