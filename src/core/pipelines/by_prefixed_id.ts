import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { uuidOf } from '../ids.ts';
import { type KeysetPage, keysetListing } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { viewer } from '../rules.ts';
import { collect, type PipelineExtra } from './collect.ts';
import { mineWhere, pipelineBy } from './list.ts';
import { policy } from './policy.ts';
import { resource } from './resource.ts';
import type { PipelineRow } from './row.ts';

interface Extra extends PipelineExtra {
  /** Whether runs of it are sent anywhere; where to, owners alone see. */
  container: boolean;
}

/** The pipelines of an account by `pipeline_…`. */
export const pipelinesByPrefixedId: Endpoint<PipelineRow, Extra> = {
  name: 'pipelines',
  resource: {
    ...resource,
    async member(context, { id = '' }) {
      const public_id = uuidOf('pipeline', id);
      const pipeline = public_id && (await pipelineBy(context, 'public_id', public_id));
      if (pipeline) return pipeline;
      throw new Failure('not_found', 'Not found.', { reason: { missing: 'pipeline' } });
    },
    lock: async ({ db }, { id }) => void (await db('pipelines').where({ id }).forUpdate().first('id')),
  },
  policy: { ...policy, read: { ...policy.read, container: viewer } },
  presenter: {
    default: ['public_id', 'name', 'type', 'description', 'tags', 'container', 'created_at', 'updated_at'],
  },
  collect: { ...collect, container: (_context, rows) => rows.map(({ container_url }) => container_url !== null) },
};

/** What a list may be narrowed to. */
export interface PipelineFilter {
  query?: string;
  tag?: string;
}

const columns = ['id', 'public_id', 'name', 'type', 'description', 'tags', 'created_at', 'updated_at']
  .map((name) => `pipelines.${name}`)
  .concat('pipelines.container_url is not null as container')
  .join(', ');

const casts: Record<string, string> = { created_at: 'timestamptz', updated_at: 'timestamptz' };

/** A page of them. Throws `invalid` for a cursor that is none, `forbidden` without a role. */
export async function pageOfPipelines(
  context: Context,
  { query, tag }: PipelineFilter,
  { order, ...page }: { limit: number; cursor: string | undefined; order: string },
): Promise<KeysetPage<PipelineRow & { container: boolean }>> {
  permitRow(pipelinesByPrefixedId, 'list', admit(pipelinesByPrefixedId, 'list', context), context, undefined);
  const where = mineWhere(context);
  if (query) where.and('strpos(lower(pipelines.name), lower($)) > 0', query);
  if (tag) where.and('pipelines.tags @> array[$]::text[]', tag);
  const column = order.replace(/^-/, '');
  const by = [
    [`pipelines.${column}`, casts[column] ?? 'text'],
    ['pipelines.id', 'int'],
  ] as const;
  const descending = order.startsWith('-');
  const asked = { ...page, list: `pipelines ${order}`, by, descending };
  return keysetListing(context, { columns, from: 'pipelines', where }, asked);
}
