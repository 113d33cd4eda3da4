import type { Deployment } from '../../../generated/tables.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { insert } from '../pipelines/resource.ts';
import type { PipelineRow } from '../pipelines/row.ts';
import { accountOf } from '../rules.ts';
import { scalingConfigId } from '../scaling_configs/index.ts';
import { type DeploymentRow, mine } from './row.ts';

/** What may be written, as the contract types it. */
export type DeploymentBody = Partial<
  Omit<DeploymentRow, 'id' | 'account_id' | 'public_id' | 'family' | 'scaling_config' | 'cluster' | 'extras'>
> & { scaling_config?: string | null; cluster?: object | null; extras?: object | null };

const plain = [
  'image',
  'accelerators',
  'readme',
  'public',
  'website_url',
  'repository_url',
  'paper_url',
  'license_url',
  'image_url',
] as const;
const json = ['input_variables', 'output_variables', 'cluster', 'extras'] as const;

/** The columns that a body sets; an attribute that is not in it is left alone. Throws `invalid` for an unknown scaling configuration. */
export async function columnsOf(context: Context, body: DeploymentBody): Promise<Partial<Deployment>> {
  const { scaling_config } = body;
  const given = <T extends keyof DeploymentBody>(names: readonly T[]) => names.filter((name) => body[name] != null);
  return {
    ...Object.fromEntries(given(plain).map((name) => [name, body[name]])),
    // As text, as the driver takes an array for one of Postgres's.
    ...Object.fromEntries(given(json).map((name) => [name, storedJson(body[name])])),
    ...(scaling_config != null && { scaling_config_id: await scalingConfigId(context, scaling_config) }),
  };
}

/** Makes a pipeline the next version of a family, `user/name`, and gives it as it is then. Throws `invalid`. */
export async function createVersion(context: Context, family: string, body: DeploymentBody): Promise<DeploymentRow> {
  const { db } = context;
  const columns = await columnsOf(context, body);
  // The family's row is ours until the end: whoever else makes a version of it waits.
  const next = await db.raw<{ rows: { id: number; versions: number }[] }>('select * from next_version(?, ?)', [
    accountOf(context),
    family,
  ]);
  const { id: familyId, versions } = next.rows[0] as { id: number; versions: number };
  const { id } = await insertNamed(context, family, versions, body.description ?? null);
  await db.raw('select join_family(p, f) from pipelines p, pipeline_families f where p.id = ? and f.id = ?', [
    id,
    familyId,
  ]);
  if (Object.keys(columns).length > 0) await db('deployments').where({ pipeline_id: id }).update(columns);
  return mine(context).where('p.id', id).first();
}

/** The other surfaces know it as `name`, a later version as `name_v2`; with the user before it where that is taken. */
async function insertNamed(context: Context, family: string, version: number, description: string | null) {
  const slash = family.indexOf('/');
  const label = family.slice(slash + 1) + (version === 1 ? '' : `_v${version}`);
  const whole = `${family.slice(0, slash)}_${label}`;
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? label : n === 1 ? whole : `${whole}_${n}`;
    const made = await insert(context, { name, description });
    if (made) return made satisfies PipelineRow;
  }
}
