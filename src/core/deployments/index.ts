import type { Call, Context, Page } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { listed } from '../listing.ts';
import { namespacesOf, ownName } from '../namespaces.ts';
import { orderOf } from '../page.ts';
import { pipelines } from '../pipelines/index.ts';
import { news } from '../pipelines/resource.ts';
import type { PipelineRow } from '../pipelines/row.ts';
import { noPipeline, pipelineByIdOrPointer } from '../pointers/find.ts';
import { admin, each, editor, hidden, viewer } from '../rules.ts';
import { emit } from '../webhooks/emit.ts';
import { columnsOf, createVersion, type DeploymentBody } from './create.ts';
import { type DeploymentExtra, type DeploymentRow, deploymentList, mine, mineWhere, versionList } from './row.ts';

export type { DeploymentExtra, DeploymentRow } from './row.ts';

const links = ['website_url', 'repository_url', 'paper_url', 'license_url', 'image_url'] as const;
const common = [
  'public_id',
  'family',
  'image',
  'input_variables',
  'output_variables',
  'accelerators',
  'cluster',
  'scaling_config',
  'created_at',
  'updated_at',
] as const;
const metadata = ['public', 'description', ...links] as const;
const whole = [...common, ...metadata, 'extras', 'readme', 'pointers'] as const;
const patched = [
  ...['input_variables', 'output_variables', 'accelerators', 'scaling_config', 'extras', 'readme'],
  ...metadata,
];

const resource = {
  list: (context, call) => listOf(context, call),

  member: async (context, { id = '' }) => {
    const { id: pipelineId } = await pipelineByIdOrPointer(context, id);
    const pipeline = await mine(context).where('p.id', pipelineId).first();
    if (pipeline) return pipeline;
    throw noPipeline();
  },

  async create(context, { body }) {
    const family = await ownName(context, String(body.name), 'name', true);
    return createVersion(context, family, body as DeploymentBody);
  },

  async update(context, { body }: Call, pipeline) {
    const { id } = pipeline;
    const columns = await columnsOf(context, body as DeploymentBody);
    if (Object.keys(columns).length > 0) await context.db('deployments').where({ pipeline_id: id }).update(columns);
    const { description = pipeline.description } = body as DeploymentBody;
    const updated_at = context.db.fn.now() as unknown as string;
    await context.db('pipelines').where({ id }).update({ description, updated_at });
    await emit(context, 'pipeline.updated', news(pipeline as unknown as PipelineRow));
    return mine(context).where('p.id', id).first();
  },

  async delete(context, call, pipeline) {
    await pipelines.resource.delete?.(context, call, pipeline as unknown as PipelineRow);
    return pipeline;
  },
} satisfies Resource<DeploymentRow, DeploymentRow>;

/** The pipelines of an account, each as a version of its family (docs/adr/0008): the same rows that other surfaces serve. */
export const deployments: Endpoint<DeploymentRow, DeploymentExtra, DeploymentRow> = {
  name: 'pipelines',
  resource,

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: admin },
    read: { ...each(whole, viewer), ...each(['id', 'account_id', 'uuid', 'name', 'type', 'version'], hidden) },
    write: {
      ...each(['name', 'image', 'cluster', 'accelerators', ...patched], { create: editor }),
      ...each(patched, editor),
    },
    query: { ...each(['include_pointers', 'include_extras'], { detail: viewer }), public: { list: viewer } },
  },

  presenter: {
    default: [...common, 'extras'],
    detail: [...common, ...metadata, 'extras', 'pointers'],
    update: [...common, ...metadata, 'extras', 'readme'],
    readme: ['readme'],
    names: ['public_id', 'family', 'pointers', 'created_at', 'image_url'],
    versions: ['public_id', ...metadata, 'pointers', 'cluster', 'accelerators', 'created_at'],
  },

  collect: {
    async pointers({ db }, rows, { query }) {
      if (query.include_pointers === false) return rows.map(() => undefined);
      const ids = rows.map(({ id }) => id);
      const found: { pipeline_id: number | null; pointer: string }[] = await db('pointers')
        .whereIn('pipeline_id', ids)
        .orderBy('pointer')
        .select('pipeline_id', 'pointer');
      const byPipeline = new Map<number, string[]>(ids.map((id) => [id, []]));
      for (const { pipeline_id, pointer } of found) byPipeline.get(pipeline_id ?? 0)?.push(pointer);
      return ids.map((id) => byPipeline.get(id));
    },
  },
};

/** The versions of one family, which the call names. Throws `not_found` where there is none. */
export const versions: typeof deployments = {
  ...deployments,
  resource: {
    async list(context, call) {
      const page = await listOf(context, call, (call.id ?? '').toLowerCase());
      if (page.count === 0 && call.query.public === undefined) throw noPipeline();
      return page;
    },
  },
};

/** Copies: the parent is copied into the caller's own family of the same name, as its next version. */
export const clones: typeof deployments = {
  ...deployments,
  resource: {
    parent: (context, id) => resource.member(context, { id, query: {}, body: {}, page: { offset: 0, order: [] } }),
    async create(context, { body }, source) {
      const original = source as DeploymentRow;
      const base = original.family.slice(original.family.indexOf('/') + 1);
      const { own } = await namespacesOf(context);
      return createVersion(context, `${own}/${base}`, { ...original, public: false, ...(body as DeploymentBody) });
    },
  },
};

async function listOf(context: Context, { query, page, format }: Call, family?: string): Promise<Page<DeploymentRow>> {
  const where = mineWhere(context);
  if (family !== undefined) where.and('f.name = $', family);
  if (query.public !== undefined) where.and('d.public = $', query.public);
  const [by, direction] = orderOf(page.order[0] ?? 'created_at:desc', ['created_at', 'updated_at']);
  const order = `p.${by} ${direction}, p.id ${direction}`;
  const isPlain = family === undefined && query.public === undefined && format === undefined;
  return listed(context.db, { ...(isPlain ? deploymentList : versionList), where, order }, page);
}
