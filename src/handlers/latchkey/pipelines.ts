import type { Call, Context } from '../../core/context.ts';
import { act } from '../../core/endpoint.ts';
import { idOf } from '../../core/ids.ts';
import { type PipelineFilter, pageOfPipelines, pipelinesByPrefixedId } from '../../core/pipelines/by_prefixed_id.ts';
import { relationsOf } from '../../core/pipelines/relations.ts';
import type { PipelineRow } from '../../core/pipelines/row.ts';

const endpoint = pipelinesByPrefixedId;

function shown({
  public_id,
  name,
  type,
  description,
  tags,
  container,
  created_at,
  updated_at,
}: PipelineRow & { container: boolean }) {
  return {
    id: idOf('pipeline', public_id),
    name,
    type: String(type),
    description,
    tags,
    container,
    created_at,
    updated_at,
  };
}

type Work = (context: Context, call: Call) => Promise<unknown>;
const one = (work: Work) => async (context: Context, call: Call<unknown, unknown>) =>
  shown((await work(shownIn(context), call as Call)) as Parameters<typeof shown>[0]);

/** What a precondition is asked of is what detail shows. */
function shownIn(context: Context): Context {
  const { precondition } = context;
  if (!precondition) return context;
  return { ...context, precondition: (row) => precondition(shown(row as Parameters<typeof shown>[0])) };
}

/** Pipelines: the same rows and policies as everywhere. */
export const pipelineHandlers = {
  async listPipelines(context: Context, { query, page: { limit = 20, cursor, order } }: Call<PipelineFilter, unknown>) {
    const page = await pageOfPipelines(context, query, { limit, cursor, order: order[0] ?? '-created_at' });
    return { ...page, rows: page.rows.map(shown) };
  },
  createPipeline: one(act(endpoint, 'create')),
  getPipeline: one(act(endpoint, 'detail')),
  async getPipelineRelations(context: Context, call: Call<unknown, unknown>) {
    const { public_id } = await act(endpoint, 'detail')(context, call as Call);
    return relationsOf(context, public_id);
  },
  updatePipeline: one(act(endpoint, 'update')),
  async deletePipeline(context: Context, call: Call<unknown, unknown>): Promise<undefined> {
    await act(endpoint, 'delete')(shownIn(context), call as Call);
  },
};
