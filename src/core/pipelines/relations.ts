import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { nextRun } from '../pipeline_schedules/interval.ts';
import { accountOf } from '../rules.ts';

/** What belongs to a pipeline: its family's versions, the pointers to it, what triggers it. */
export interface Relations {
  family: string;
  version: number;
  versions: { id: string; version: number; created_at: string }[];
  pointers: { name: string; locked: boolean }[];
  triggers: Trigger[];
}

interface Trigger {
  name: string;
  type: string | null;
  active: boolean;
  interval: string | null;
  next_at: string | null;
  last_status: string | null;
}

/** So many of each are told. */
const most = 100;

/** Of a pipeline of the caller's account, by the UUID in its id. */
export async function relationsOf(context: Context, publicId: string): Promise<Relations> {
  const { db } = context;
  const of = await db('pipelines as p')
    .join('deployments as d', 'd.pipeline_id', 'p.id')
    .join('pipeline_families as f', 'f.id', 'd.family_id')
    .where({ 'p.account_id': accountOf(context), 'p.public_id': publicId })
    .first('p.id', 'd.version', 'd.family_id', 'f.name');
  const [versions, pointers, schedules] = await Promise.all([
    db('deployments as d')
      .join('pipelines as p', 'p.id', 'd.pipeline_id')
      .where('d.family_id', of.family_id)
      .orderBy('d.version', 'desc')
      .limit(most)
      .select('p.public_id', 'd.version', 'p.created_at'),
    db('pointers').where('pipeline_id', of.id).orderBy('pointer').limit(most).select('pointer', 'locked'),
    db('pipeline_schedules as s')
      .where('s.pipeline_id', of.id)
      .orderBy('s.id', 'desc')
      .limit(most)
      .select('s.*')
      .select(
        db.raw(
          `(select status from pipeline_runs r where r.pipeline_schedule_id = s.id order by execution_date desc, id desc limit 1) as last_status`,
        ),
      ),
  ]);
  return {
    ...{ family: of.name, version: of.version },
    versions: versions.map(({ public_id, version, created_at }) => ({
      ...{ id: idOf('pipeline', public_id), version, created_at },
    })),
    pointers: pointers.map(({ pointer, locked }) => ({ name: pointer, locked })),
    triggers: schedules.map((row) => ({
      ...{ name: row.name, type: row.schedule_type, active: row.status === 'active', interval: row.schedule_interval },
      ...{ next_at: nextRun(row, new Date()), last_status: row.last_status },
    })),
  };
}
