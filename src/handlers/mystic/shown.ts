import type { components } from '../../../generated/mystic.ts';
import type { Pointer, ScalingConfig } from '../../../generated/tables.ts';
import type { TokenRow } from '../../core/api_keys/tokens.ts';
import type { Call } from '../../core/context.ts';
import type { DeploymentExtra, DeploymentRow } from '../../core/deployments/index.ts';
import { idOf } from '../../core/ids.ts';
import type { FamilyRow } from '../../core/pipeline_families/index.ts';
import { pipelineIdOf } from '../../core/pointers/index.ts';

type Schemas = components['schemas'];
type Pipeline = DeploymentRow & DeploymentExtra;

/** Seconds since 1970, with the microseconds that a Date would lose (docs/compat/mystic.md). */
export function epoch(iso: string): number {
  // Milliseconds are exact in a number, and so are microseconds until the year 2255.
  if (usual.test(iso)) return (Date.parse(`${iso.slice(0, 19)}Z`) * 1000 + Number(iso.slice(20, 26))) / 1_000_000;
  const [, fraction = '0'] = /\.(\d+)/.exec(iso) ?? [];
  return Number(`${Math.floor(Date.parse(iso) / 1000)}.${fraction}`);
}

/** As the database writes most of them: in UTC, with all six digits of the second. */
const usual = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

/** Without what there is none of. */
function given<T extends object>(values: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as never;
}

export function pipelineGet(row: DeploymentRow): Schemas['PipelineGet'] {
  const { public_id, family, image, cluster, scaling_config, extras, created_at, updated_at } = row;
  return {
    id: idOf('pipeline', public_id),
    name: family,
    image,
    input_variables: row.input_variables,
    output_variables: row.output_variables,
    accelerators: row.accelerators as Schemas['Accelerators'],
    ...given({ cluster, scaling_config, extras }),
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
  };
}

function metadata({ website_url, repository_url, paper_url, license_url, image_url, description }: DeploymentRow) {
  return given({ description, website_url, repository_url, paper_url, license_url, image_url });
}

/** All of a pipeline; `extras` where they were asked for, and in the answer to a change. */
export function pipelineDetailed(row: Pipeline, { query }: Call): Schemas['PipelineDetailed'] {
  const { pointers, readme } = row;
  const { extras, ...pipeline } = pipelineGet(row);
  const isAsked = query.include_extras !== false;
  return {
    ...pipeline,
    public: row.public,
    ...metadata(row),
    ...given({ readme, pointers, extras: isAsked ? extras : undefined }),
  };
}

export function pipelineName(row: Pipeline): Schemas['PipelineName'] {
  const { public_id, family, pointers, created_at, image_url } = row;
  return {
    id: idOf('pipeline', public_id),
    name: family,
    pointers,
    created_at: epoch(created_at),
    ...given({ image_url }),
  };
}

export function version(row: Pipeline): Schemas['Version'] {
  const { public_id, pointers, cluster, created_at } = row;
  return {
    id: idOf('pipeline', public_id),
    public: row.public,
    pointers,
    accelerators: row.accelerators as Schemas['Accelerators'],
    created_at: epoch(created_at),
    ...metadata(row),
    ...given({ cluster }),
  };
}

export function familyGet({
  name,
  run_count,
  latest_at,
  public_id,
  description,
  image_url,
}: FamilyRow): Schemas['FamilyGet'] {
  const pipeline_id = idOf('pipeline', public_id);
  return { name, run_count, latest_at: epoch(latest_at), pipeline_id, ...given({ description, image_url }) };
}

export function pointerGet(row: Pointer): Schemas['PointerGet'] {
  const { public_id, pointer, locked, created_at, updated_at } = row;
  return {
    id: idOf('pointer', public_id),
    pointer,
    pipeline_id: pipelineIdOf(row),
    locked,
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
  };
}

export function scalingConfigGet(row: ScalingConfig): Schemas['ScalingConfigGet'] {
  const { public_id, name, args, minimum_nodes, maximum_nodes, created_at, updated_at } = row;
  return {
    id: idOf('scaling_config', public_id),
    name,
    type: 'windows',
    args: args as Record<string, unknown>,
    minimum_nodes,
    maximum_nodes,
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
  };
}

/** A token, in full where it has just been made. */
export function tokenGet(row: TokenRow): Schemas['TokenGet'] {
  const { uuid, key, prefix, name, is_enabled, expires_at, last_used_at, created_at, updated_at } = row;
  return {
    id: idOf('token', uuid),
    created_at: epoch(created_at),
    updated_at: epoch(updated_at),
    value: key ?? `${prefix}...`,
    name,
    is_active: is_enabled && (expires_at === null || Date.parse(expires_at) > Date.now()),
    is_enabled,
    expires_at: expires_at === null ? null : epoch(expires_at),
    last_used: last_used_at === null ? null : epoch(last_used_at),
  };
}
