import { parseObject } from './answer.ts';
import { call } from './server.ts';
import { Stop } from './stop.ts';

/** The id of the pipeline that an id, a pointer, or a name, for its newest version, stands for. */
export async function pipelineIdOf(named: string): Promise<string> {
  if (/^pipeline_\w*$/.test(named)) return named;
  if (named.includes(':')) {
    const { text } = await call('getPipelineByPointer', { path: { pointer: named } });
    return parseObject<{ id: string }>(text).id;
  }
  const sent = { path: { pipeline_family_name: named }, query: { limit: 1 } };
  const { data } = parseObject<{ data?: { id: string }[] }>((await call('listPipelinesByFamily', sent)).text);
  const [newest] = data ?? [];
  if (newest) return newest.id;
  throw new Stop('notFound', `There is no pipeline ${JSON.stringify(named)}.`);
}

/** Whether a pipeline is known to have no container; somebody who is no owner is not told. */
export async function lacksContainer(pipelineId: string): Promise<boolean> {
  try {
    const { text } = await call('getContainer', { path: { pipeline_id: pipelineId } });
    return parseObject<{ url: string | null }>(text).url === null;
  } catch (error) {
    if (error instanceof Stop) return false;
    throw error;
  }
}

/** How a pipeline gets a container. */
export const attaching = (pipeline: string): string =>
  `It has no container. Attach one: latchkey pipelines container ${pipeline} URL`;
