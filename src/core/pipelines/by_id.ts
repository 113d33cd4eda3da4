import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import { pageOf } from '../page.ts';
import { isUuid } from '../uuid.ts';
import { pipelines } from './index.ts';
import { mine } from './list.ts';
import type { PipelineRow } from './row.ts';

/** The pipelines of an account by an id that outlives their names, and by few attributes. */
export const pipelinesById: typeof pipelines = {
  ...pipelines,
  resource: { ...pipelines.resource, list, member },
  policy: { ...pipelines.policy, query: { query: pipelines.policy.action.list ?? {} } },
  presenter: { default: ['public_id', 'name', 'type', 'description', 'tags', 'created_at', 'updated_at'] },
};

/** The newest first; `query` looks for a part of the name, in any case. */
async function list(context: Context, { query, page: { limit = 20, offset } }: Call): Promise<Page<PipelineRow>> {
  const found = mine(context);
  if (query.query) found.whereRaw('strpos(lower(name), lower(?)) > 0', [String(query.query)]);
  return pageOf(found, [['id', 'desc']], { limit, offset });
}

async function member(context: Context, { id = '' }: Call): Promise<PipelineRow> {
  const pipeline = isUuid(id) && (await mine(context).where({ public_id: id }).first());
  if (pipeline) return pipeline;
  throw new Failure('not_found', 'There is no such pipeline.', { reason: { missing: 'pipeline' } });
}
