import type { House } from '../../../src/core/house.ts';
import { placeOf } from '../../../src/core/sealing/rows.ts';
import { put } from './rows.ts';

const made = '2023-03-14T23:24:17.814478Z';
const then = { created_at: made, updated_at: made };
const now = '2026-11-25T20:31:48.049000Z';
const seconds = '2026-11-25T20:31:48Z';
/** What fires the trigger of the examples. */
export const triggerToken = '3a1f0f0b6c0f4f0e9a6b9d4f2d1c8e77';

/** Lists show runs that have not begun. */
const isRunOnList = (id: string) => id === 'listPipelineRuns' || id === 'listRunsOfSchedule';

/** What the examples of `/api` are about. */
export async function putMage({ db, installation }: House, id: string, example: string): Promise<void> {
  const account_id = installation.accountId;
  const isFired = /^fire|^createRunOfSchedule$/.test(id);
  if (!(id === 'createPipeline' && example === 'new'))
    await put(db, 'pipelines', {
      ...{
        id: 3,
        account_id,
        uuid: 'arwen_starlight',
        name: 'arwen-starlight',
        tags: ['nightly'],
        ...then,
        ...(/Variable/.test(id) && id !== 'createVariable' ? { variables: { env: 'night' } } : {}),
      },
      description: 'Sorts the light of the evening star.',
    });
  if (id === 'createPipeline' && example === 'new') return;
  const blocks = [
    {
      id: 4,
      uuid: 'load_light',
      name: 'load light',
      type: 'data_loader',
      content: '@data_loader\ndef load_data(*args, **kwargs):\n    return {}\n',
    },
    { id: 5, uuid: 'sort_light', name: 'sort light', type: 'transformer', upstream_blocks: ['load_light'] },
  ];
  const isOfBlocks = /Block|FileContent|Run|Log/.test(id) && !/^list(Pipelines|Schedules)/.test(id);
  for (const [position, block] of (isOfBlocks ? blocks : []).entries())
    if (!(/^(create|delete)BlockOfPipeline$/.test(id) && block.id === 5))
      await put(db, 'blocks', { ...block, pipeline_id: 3, position, status: 'updated', ...then });
  await put(db, 'pipeline_schedules', {
    ...{
      id: 3,
      pipeline_id: 3,
      name: 'every evening',
      tags: ['nightly'],
      token: installation.seal.seal(triggerToken, placeOf.trigger(3)),
      ...then,
    },
    ...(isFired || /^(runBlock|listPipelineRuns$|listRunsOfSchedule$)/.test(id)
      ? { schedule_type: 'api', status: 'active' }
      : { schedule_type: 'time', schedule_interval: '@daily', start_time: '2023-03-15T18:00:00Z', status: 'inactive' }),
  });
  await put(db, 'backfills', { id: 1, pipeline_id: 3, name: 'fire wind', created_at: seconds, updated_at: seconds });
  const isLogged = /Log/.test(id);
  // What counts the runs of a trigger begins with none.
  const isListed = /^list(Pipeline)?Schedules/.test(id);
  const run = {
    id: 1,
    account_id,
    pipeline_id: 3,
    pipeline_schedule_id: 3,
    execution_date: '2026-11-25T20:31:48.048233Z',
  };
  if (!isListed)
    await put(db, 'pipeline_runs', {
      ...run,
      status: 'initial',
      variables: { env: 'staging', execution_partition: '3/20261125T203148_048233' },
      created_at: now,
      updated_at: now,
    });
  if (isLogged)
    await put(db, 'run_logs', {
      pipeline_run_id: 1,
      at: '2026-11-25T20:33:16.000Z',
      level: 'INFO',
      message: 'It has begun.',
    });
  if (isOfBlocks && !isListed && !isLogged && !isRunOnList(id))
    await put(db, 'block_runs', {
      id: 4,
      pipeline_run_id: 1,
      block_uuid: 'load_light',
      status: 'completed',
      created_at: now,
      started_at: '2026-11-25T20:32:04Z',
      completed_at: '2026-11-25T20:32:05Z',
      updated_at: '2026-11-25T20:32:05Z',
    });
  if (id === 'listOutputsOfBlockRun')
    await put(db, 'block_outputs', {
      ...{ block_run_id: 4, position: 0, type: 'table', shape: '[2,2]' },
      sample_data: JSON.stringify({
        columns: ['x', 'y'],
        rows: [
          [1, 'q'],
          [2, null],
        ],
      }),
    });
  if (id !== 'createSecret')
    await put(db, 'secrets', {
      id: 3,
      account_id,
      name: 'database_password',
      value: installation.seal.seal('only an example', placeOf.secret(3)),
      created_at: made,
    });
}
