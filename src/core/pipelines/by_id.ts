import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import { listed } from '../listing.ts';
import { isUuid } from '../uuid.ts';
import { pipelines } from './index.ts';
import { mineWhere, pipelineBy } from './list.ts';
import type { PipelineRow } from './row.ts';

const presented = ['public_id', 'name', 'type', 'description', 'tags', 'created_at', 'updated_at'] as const;

/** The pipelines of an account by an id that outlives their names, and by few attributes. */
export const pipelinesById: typeof pipelines = {
  ...pipelines,
  resource: { ...pipelines.resource, list, member },
  policy: { ...pipelines.policy, query: { query: pipelines.policy.action.list ?? {} } },
  presenter: { default: presented },
};

const columns = presented.map((name) => `pipelines.${name}`).join(', ');

/** The newest first; `query` looks for a part of the name, in any case. */
async function list(context: Context, { query, page: { limit = 20, offset } }: Call): Promise<Page<PipelineRow>> {
  const where = mineWhere(context);
  if (query.query) where.and('strpos(lower(pipelines.name), lower($)) > 0', String(query.query));
  return listed(context.db, { columns, from: 'pipelines', where, order: 'pipelines.id desc' }, { limit, offset });
}

async function member(context: Context, { id = '' }: Call): Promise<PipelineRow> {
  const pipeline = isUuid(id) && (await pipelineBy(context, 'public_id', id));
  if (pipeline) return pipeline;
  throw new Failure('not_found', 'There is no such pipeline.', { reason: { missing: 'pipeline' } });
}
