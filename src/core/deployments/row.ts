import type { Knex } from 'knex';
import type { Deployment, Pipeline } from '../../../generated/tables.ts';
import type { Context } from '../context.ts';
import { Conditions } from '../listing.ts';
import { accountOf } from '../rules.ts';

type Json = Record<string, unknown>;

/** What goes into a pipeline, or what comes out, as it was pushed. */
export type Variable = { run_io_type: string } & Json;

/** Of the shared pipeline, what is shown here too. */
type Shared = 'id' | 'account_id' | 'public_id' | 'uuid' | 'type' | 'description' | 'created_at' | 'updated_at';

/** Of the version of a family that it is. */
type Own =
  | 'version'
  | 'image'
  | 'accelerators'
  | 'readme'
  | 'public'
  | 'website_url'
  | 'repository_url'
  | 'paper_url'
  | 'license_url'
  | 'image_url';

/** A pipeline as a version of a family: `family` is `user/name` (docs/adr/0008). */
export interface DeploymentRow extends Pick<Pipeline, Shared | 'name'>, Pick<Deployment, Own> {
  family: string;
  input_variables: Variable[];
  output_variables: Variable[];
  cluster: (Json & { id: string; node_pool: string }) | null;
  extras: Json | null;
  /** The name of one. */
  scaling_config: string | null;
}

/** What of a pipeline is no column. */
export interface DeploymentExtra {
  /** All pointers that lead to it, in their order. */
  pointers: string[];
}

const columns = [
  ...['id', 'account_id', 'public_id', 'uuid', 'name', 'type', 'description', 'created_at', 'updated_at'].map(
    (name) => `p.${name}`,
  ),
  'f.name as family',
  ...['version', 'image', 'input_variables', 'output_variables', 'accelerators', 'cluster', 'extras', 'readme'].map(
    (name) => `d.${name}`,
  ),
  ...['public', 'website_url', 'repository_url', 'paper_url', 'license_url', 'image_url'].map((name) => `d.${name}`),
  's.name as scaling_config',
];

/** The pipelines of the caller's account: no others are there. */
export function mine(context: Context): Knex.QueryBuilder {
  return context
    .db('pipelines as p')
    .join('deployments as d', 'd.pipeline_id', 'p.id')
    .join('pipeline_families as f', 'f.id', 'd.family_id')
    .leftJoin('scaling_configs as s', 's.id', 'd.scaling_config_id')
    .where('p.account_id', accountOf(context))
    .select(columns);
}

/** The same, for a statement. */
export function mineWhere(context: Context): Conditions {
  return new Conditions('p.account_id = $', accountOf(context));
}

const from = `pipelines p join deployments d on d.pipeline_id = p.id join pipeline_families f on f.id = d.family_id
  left join scaling_configs s on s.id = d.scaling_config_id`;

/** What no list shows of a pipeline, and what only those of a family show. */
const unlisted = ['p.account_id', 'p.uuid', 'p.name', 'p.type', 'd.version', 'd.readme'];
const ofVersions = ['p.description', 'd.public'].concat(columns.filter((name) => name.endsWith('_url')));
const listed = columns.filter((name) => !unlisted.includes(name));

/** The versions of a family, as a list. */
export const versionList = { columns: listed.join(', '), from };

/** All of them. Each pipeline has one deployment, so those are counted alone. */
export const deploymentList = {
  columns: listed.filter((name) => !ofVersions.includes(name)).join(', '),
  from,
  counted: 'pipelines p',
};
