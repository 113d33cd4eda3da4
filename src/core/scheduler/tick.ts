import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import type { House } from '../house.ts';
import { wake } from '../pipeline_runs/row.ts';
import { say } from '../pipeline_runs/run_logs.ts';
import { intervalAt, type Timing } from '../pipeline_schedules/interval.ts';
import type { Json } from '../pipelines/row.ts';

/** How many triggers are looked at in one transaction. */
const batch = 500;

/** When a trigger is looked at again that nothing but a change of it will make due. */
const never = new Date('9999-12-31T00:00:00Z');

/** Between two runs of a trigger that is always on: Mage's tick; milliseconds. */
const always = 10_000;

interface Due extends Timing {
  id: number;
  pipeline_id: number;
  account_id: number;
  variables: Json | null;
  has_run: boolean;
  has_open: boolean;
  start?: Date;
  next: Date;
}

/**
 * Makes the runs of triggers by time that are due at a moment: of the interval that each is in alone, so that after a day down there is
 * one run, and of each interval once, whoever looks (docs/compat/mage.md: The scheduler). Gives how many were made.
 */
export async function tick({ db }: Pick<House, 'db'>, now: Date): Promise<number> {
  let made = 0;
  for (let seen = batch; seen === batch; ) {
    seen = await db.transaction(async (trx) => {
      const triggers = await dueAt(trx, now);
      made += await makeRuns(
        trx,
        triggers.filter(({ start }) => start),
      );
      await plan(trx, triggers, now);
      return triggers.length;
    });
  }
  return made;
}

/** The triggers that are to be looked at; nobody else has them meanwhile. */
async function dueAt(db: Knex, now: Date): Promise<Due[]> {
  const { rows } = await db.raw<{ rows: Omit<Due, 'start' | 'next'>[] }>(
    `with due as materialized (
       select s.id from pipeline_schedules s where s.status = 'active' and s.schedule_type = 'time'
         and (s.next_due_at is null or s.next_due_at <= :now or s.planned_at > :now::timestamptz + interval '5 seconds')
       order by s.next_due_at nulls first limit ${batch} for update skip locked
     )
     select s.id, s.pipeline_id, p.account_id, s.schedule_interval, s.start_time, s.last_enabled_at, s.settings, s.variables,
       exists (select from pipeline_runs r where r.pipeline_schedule_id = s.id) as has_run,
       exists (select from pipeline_runs r where r.pipeline_schedule_id = s.id and r.status in ('initial', 'running')) as has_open
     from due join pipeline_schedules s using (id) join pipelines p on p.id = s.pipeline_id`,
    { now: now.toISOString() },
  );
  return rows.map((trigger) => ({ ...trigger, ...turnOf(trigger, now) }));
}

/** What is due of a trigger now, and when to look again. */
function turnOf(trigger: Omit<Due, 'start' | 'next'>, now: Date): { start?: Date; next: Date } {
  const { start, next } = intervalAt(trigger, now);
  const { schedule_interval, has_run, has_open } = trigger;
  if (schedule_interval === '@once' && start) return { next: never, ...(!has_run && { start }) };
  if (schedule_interval === '@always_on' && start)
    return { next: new Date(now.getTime() + always), ...(!has_open && { start }) };
  return { next: next ?? never, ...(start && { start }) };
}

async function makeRuns(db: Knex, due: readonly Due[]): Promise<number> {
  if (due.length === 0) return 0;
  const { rows: past } = await db.raw<{ rows: { id: number }[] }>(
    `select distinct d.id from unnest(?::int[], ?::timestamptz[]) d (id, at)
     join pipeline_runs r on r.pipeline_schedule_id = d.id and r.execution_date = d.at`,
    [due.map(({ id }) => id), due.map(({ start }) => (start as Date).toISOString())],
  );
  const done = new Set(past.map(({ id }) => id));
  const rows = due.filter(({ id }) => !done.has(id)).map(rowOf);
  if (rows.length === 0) return 0;
  const made = await db('pipeline_runs')
    .insert(rows as never)
    .onConflict(db.raw('(pipeline_schedule_id, interval_at) where interval_at is not null'))
    .ignore()
    .returning(['id', 'pipeline_id', 'status']);
  const skipped = made.filter(({ status }) => status === 'cancelled');
  const message = 'Pipeline run limit reached... skipping this run';
  await say(
    db,
    skipped.map(({ id }) => ({ runId: id as number, level: 'WARNING', message })),
  );
  const waiting = made.filter(({ status }) => status === 'initial').map(({ pipeline_id }) => pipeline_id as number);
  for (const id of new Set(waiting)) await wake(db, id);
  return made.length;
}

/** The run of an interval, which is called off at once where the one before goes on and its trigger wants that. */
function rowOf({ id, account_id, pipeline_id, start, variables, settings, has_open }: Due) {
  const isSkipped = has_open && Boolean(settings?.skip_if_previous_running);
  const at = (start as Date).toISOString();
  return {
    ...{ account_id, pipeline_id, pipeline_schedule_id: id, execution_date: at, interval_at: at },
    variables: variables === null ? null : storedJson(variables),
    status: isSkipped ? 'cancelled' : 'initial',
    ended_at: isSkipped ? new Date() : null,
  };
}

async function plan(db: Knex, triggers: readonly Due[], now: Date): Promise<void> {
  if (triggers.length === 0) return;
  await db.raw(
    `update pipeline_schedules s set next_due_at = d.at, planned_at = ?
     from unnest(?::int[], ?::timestamptz[]) d (id, at) where s.id = d.id`,
    [now.toISOString(), triggers.map(({ id }) => id), triggers.map(({ next }) => next.toISOString())],
  );
}
