import { Failure } from '../../contract/failure.ts';
import { changeBlocks } from '../blocks/change_block.ts';
import { copyBlocks } from '../blocks/write.ts';
import type { Call, Context } from '../context.ts';
import type { Resource } from '../endpoint.ts';
import { changeRuns, type NamedRun, type RunsChange } from '../pipeline_runs/of_pipeline.ts';
import { wake } from '../pipeline_runs/row.ts';
import { accountOf } from '../rules.ts';
import { repoPath } from '../statuses/index.ts';
import { emit } from '../webhooks/emit.ts';
import { list, mine, pipelineBy } from './list.ts';
import { type PipelineRow, slug, unique } from './row.ts';

/** What may be written, as the contract types it. */
interface PipelineBody extends Partial<Omit<PipelineRow, 'id' | 'account_id' | 'uuid'>> {
  clone_pipeline_uuid?: string | null;
  /** In their order, and perhaps with what they execute. */
  blocks?: unknown[];
  /** What to do with the pipeline's triggers, or its runs: all, or those that are named. */
  status?: 'active' | 'inactive' | RunsChange['status'] | null;
  pipeline_runs?: NamedRun[] | null;
  pipeline_schedule_id?: number | null;
}

/** Columns that a copy takes over from its source. */
const copied = [
  'type',
  'description',
  'tags',
  'cache_block_output_in_memory',
  'concurrency_config',
  'data_integration',
  'executor_config',
  'executor_count',
  'executor_type',
  'extensions',
  'notification_config',
  'retry_config',
  'run_pipeline_in_one_process',
  'settings',
  'spark_config',
  'variables',
] as const;

/**
 * Columns that an update sets; the other presented attributes are accepted and ignored (docs/compat/mage.md: Changing).
 */
const written = [
  'type',
  'description',
  'tags',
  'cache_block_output_in_memory',
  'concurrency_config',
  'data_integration',
  'executor_type',
  'extensions',
  'retry_config',
  'run_pipeline_in_one_process',
  'settings',
] as const;

/** What null means of a column that holds none: what a new pipeline has, or that the attribute was not given. */
const ofNull = {
  type: undefined,
  tags: undefined,
  extensions: undefined,
  cache_block_output_in_memory: false,
  concurrency_config: {},
  retry_config: {},
  run_pipeline_in_one_process: false,
  settings: { triggers: null },
};

/** One pipeline of the caller's account, by its uuid; `where` ends the sentence. Throws `not_found`. */
export async function pipelineOf(context: Context, uuid: string, where = ''): Promise<PipelineRow> {
  const pipeline = await pipelineBy(context, 'uuid', uuid);
  if (pipeline) return pipeline;
  throw new Failure('not_found', `Pipeline ${uuid} does not exist${where}.`, { reason: { missing: 'pipeline' } });
}

export const resource: Resource<PipelineRow> = {
  list,

  member: (context, { id }) => pipelineOf(context, id ?? ''),

  async create(context, call) {
    const body = call.body as PipelineBody;
    if (body.clone_pipeline_uuid) return clone(context, body.clone_pipeline_uuid, body.name);
    const { name, type, description, tags } = body;
    if (!name || slug(name) === '') throw nameless();
    const row = { name, ...given({ type: type ?? undefined, description, tags: tags ? unique(tags) : undefined }) };
    const made = await insert(context, row);
    if (made) return made;
    throw new Failure('conflict', `Pipeline ${name} already exists.`, { fields: { name: [alreadyThere] } });
  },

  async update(context, { body, query: asked }: Call, pipeline) {
    const { name, status, blocks, pipeline_runs, pipeline_schedule_id, ...rest } = body as PipelineBody;
    if (blocks) await changeBlocks(context, pipeline, blocks, Boolean(asked.update_content));
    if (status === 'active' || status === 'inactive') await flip(context, pipeline, status);
    else if (status) await changeRuns(context.db, pipeline, { status, pipeline_runs, pipeline_schedule_id });
    const changes: Record<string, unknown> = given(meant(pick(rest, written)));
    if (rest.tags) changes.tags = unique(rest.tags);
    if (name && name !== pipeline.name) {
      const uuid = slug(name);
      if (uuid === '') throw nameless();
      // Mage refuses a new name that leads to the same identifier, too.
      if (uuid === pipeline.uuid) throw taken(uuid);
      Object.assign(changes, { name, uuid });
    }
    const query = context.db('pipelines').where({ id: pipeline.id });
    const [row] = await query
      .update({ ...changes, updated_at: context.db.fn.now() })
      .returning('*')
      .catch((thrown: { code?: string }) => {
        throw thrown.code === '23505' ? taken(String(changes.uuid)) : thrown;
      });
    await emit(context, 'pipeline.updated', news(row as PipelineRow));
    return row as PipelineRow;
  },

  async delete(context, _call, pipeline) {
    const deleted = await context.db('pipelines').where({ id: pipeline.id }).delete();
    if (deleted > 0) await emit(context, 'pipeline.deleted', news(pipeline));
    return pipeline;
  },
};

/**
 * A copy takes everything but the triggers. Without a free name of its own it is called `<source>_copy`, then
 * `_copy_<n>`.
 */
async function clone(context: Context, source: string, wanted = ''): Promise<PipelineRow> {
  const original = await pipelineOf(context, source, ` in repo_path ${repoPath}`);
  const row = pick(original, copied);
  const name = wanted || `${source}_copy`;
  if (slug(name) === '') throw nameless();
  const [{ count }] = await mine(context).count({ count: '*' });
  let copy = await insert(context, { ...row, name });
  for (let n = count + 1; !copy; n += 1) copy = await insert(context, { ...row, name: `${source}_copy_${n}` });
  await copyBlocks(context.db, original.id, copy.id);
  return copy;
}

/** The new row, or undefined where its identifier is taken. */
export async function insert(context: Context, row: { name: string } & Record<string, unknown>) {
  const values = { ...row, account_id: accountOf(context), uuid: slug(row.name) };
  const [made] = await context
    .db('pipelines')
    .insert(values)
    .onConflict(['account_id', 'uuid'])
    .ignore()
    .returning('*');
  if (made) await emit(context, 'pipeline.created', news(made as PipelineRow));
  return made as PipelineRow | undefined;
}

/** What webhooks hear of a pipeline. */
export function news({ public_id, uuid, name, type }: Pick<PipelineRow, 'public_id' | 'uuid' | 'name' | 'type'>) {
  return { public_id, pipeline_uuid: uuid, name, type };
}

/** Sets the triggers that are not in this state already. */
async function flip({ db }: Context, { id }: PipelineRow, status: string): Promise<void> {
  const enabled = status === 'active' ? { last_enabled_at: db.fn.now() } : {};
  await db('pipeline_schedules')
    .where({ pipeline_id: id })
    .whereNot({ status })
    .update({ status, ...enabled, next_due_at: null, updated_at: db.fn.now() });
  if (status === 'active') await wake(db, id);
}

function nameless(): Failure {
  const fields = { name: ['A name needs a letter or a digit.'] };
  return new Failure('invalid', 'A pipeline needs a name.', { fields, reason: { missing: 'name' } });
}

function taken(uuid: string): Failure {
  const fields = { name: [alreadyThere] };
  return new Failure('conflict', `Pipeline ${uuid} already exists. Choose a different name.`, { fields });
}

const alreadyThere = 'A pipeline with this name, or one that leads to the same identifier, exists already.';

function pick<T extends object, K extends keyof T>(row: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Pick<T, K>;
}

function meant(values: Record<string, unknown>): Record<string, unknown> {
  const read = Object.entries(values).map(([name, value]) => [
    name,
    value === null && name in ofNull ? ofNull[name as keyof typeof ofNull] : value,
  ]);
  return Object.fromEntries(read);
}

function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
