import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { writeJson } from '../../contract/json.ts';
import type { House } from '../house.ts';
import { holdRuns } from '../pipeline_runs/row.ts';
import { settleRun } from '../pipeline_runs/settle.ts';
import { failed, type Outcome, type Pace, type RunRow } from './row.ts';

/** A run that somebody has in hand, and where its container is. */
export type Held = RunRow & { worker: string; container_url: string | null };

/** Why the work on a run was cut short. */
export type Cut = 'lost' | 'stopping' | 'overdue' | 'gone';

const due = '(leased_until is null or leased_until < now())';
const ahead = `now() + ? * interval '1 millisecond'`;

/** How many runs of one pipeline are with its container at a time: it does them one after another, and others want theirs done. */
const abreast = 10;

/**
 * Takes the oldest runs that nobody has in hand, in one statement: two processes never get the same. Those that have been
 * begun too often are among them, for their end to be written.
 */
export async function take(db: Knex, { lease }: Pace, most: number): Promise<Held[]> {
  const { rows } = await db.raw<{ rows: Held[] }>(
    `with places as (
       select id, row_number() over (
         partition by pipeline_id
         order by worker is not null and leased_until >= now() and not streamed desc, ${due} desc, created_at
       ) place
       from runs where ended_at is null and executor = 'container'
     ), due as materialized (
       select id from runs where ended_at is null and executor = 'container' and ${due} and id in (select id from places where place <= ${abreast})
       order by created_at limit ? for update skip locked
     )
     update runs r set state = 'running', worker = gen_random_uuid(), attempts = attempts + 1, leased_until = ${ahead},
       started_at = coalesce(started_at, now()), updated_at = now()
     from due, pipelines p where r.id = due.id and p.id = r.pipeline_id
     returning r.*, p.container_url`,
    [most, lease],
  );
  return rows;
}

/**
 * Takes the oldest attempts that a runner of the account may have, as `take` does those for containers, and writes down that the
 * account has a runner: runs without a container fail where it has none (docs/runs.md).
 */
export async function takeForRunner(db: Knex, { lease }: Pace, accountId: number, most: number): Promise<Held[]> {
  await seen(db, accountId);
  const { rows } = await db.raw<{ rows: Held[] }>(
    `with due as materialized (
       select id from runs where account_id = ? and ended_at is null and executor = 'runner' and ${due}
       order by created_at limit ? for update skip locked
     )
     update runs r set state = 'running', worker = gen_random_uuid(), attempts = attempts + 1, leased_until = ${ahead},
       started_at = coalesce(started_at, now()), reported = 0, updated_at = now()
     from due where r.id = due.id returning r.*, null as container_url`,
    [accountId, most, lease],
  );
  return rows;
}

/** A runner of the account is there: it asks for work, or is at it. */
export async function seen(db: Knex, accountId: number): Promise<void> {
  await db('accounts')
    .where({ id: accountId })
    // Runners ask often, and all that counts is the minute.
    .whereRaw(`coalesce(runner_seen_at, '-infinity') < now() - interval '5 seconds'`)
    .update({ runner_seen_at: db.fn.now() } as never);
}

/** What a run has that is in hand from its first moment. */
export function inHand(db: Knex, { lease }: Pace) {
  return {
    ...{ state: 'running', worker: randomUUID(), attempts: 1 },
    ...{ leased_until: db.raw(ahead, [lease]), started_at: db.fn.now() },
  };
}

/** The right to send a run and to settle it, for as long as nobody else can have it. */
export interface Lease {
  /** Whether that is so at this moment, without asking anybody; where it is not, the work is cut short as `lost`. */
  holds(): boolean;
  /** Asks the database, where the run counts as sent from now on. Cuts the work short as `lost` where it says no. */
  confirm(): Promise<void>;
  /** Renews it no longer. */
  release(): void;
}

/** Milliseconds that go on while the process stands still, and while the machine sleeps. */
const clock = () => Math.max(performance.now(), Date.now() - performance.timeOrigin);

/**
 * Keeps a run in hand until it is released. Cuts the work short as `lost` where somebody else may take the run: its row is
 * gone, or the database has not heard of us for nearly as long as the lease is.
 */
export function keep({ db }: House, { id, worker }: Held, { lease }: Pace, cut: (why: Cut) => void): Lease {
  let until = clock() + lease;
  let asking = false;
  const renew = async (more: object = {}) => {
    const asked = clock();
    const kept = await db('runs')
      .where({ id, worker })
      .update({ leased_until: db.raw(ahead, [lease]), ...more });
    if (kept === 0) cut('lost');
    else until = asked + lease;
  };
  const holds = () => {
    const still = clock() <= until - lease / 4;
    if (!still) cut('lost');
    return still;
  };
  const beat = setInterval(() => {
    if (!holds() || asking) return;
    asking = true;
    renew()
      .catch(() => {})
      .finally(() => {
        asking = false;
      });
  }, lease / 6);
  return { holds, confirm: () => renew({ sent_at: db.fn.now() }), release: () => clearInterval(beat) };
}

/** Whether a run is still in the same hands, and stays there until the end of the transaction. */
export async function heldBy(db: Knex, { id, worker }: Held): Promise<boolean> {
  return (await db('runs').where({ id, worker }).forShare().first('id')) !== undefined;
}

/**
 * Puts a run back, as if it had not been begun: for as long as `pause` says nobody takes it, in milliseconds. False where it is in other
 * hands.
 */
export async function giveBack(
  { db }: House,
  { id, worker }: Held,
  state: 'queued' | 'routing' | 'running',
  pause = 0,
): Promise<boolean> {
  const rest = { attempts: db.raw('attempts - 1'), leased_until: db.raw(ahead, [pause]), started_at: null };
  const count = await db('runs')
    .where({ id, worker })
    .update({ state, worker: null, ...rest, updated_at: db.fn.now() });
  return count > 0;
}

/**
 * Writes the end of a run, unless somebody else has it in hand by now, and tells those who wait for it here. An outcome
 * that cannot be stored is a failed run. False where somebody else has it, or it has ended.
 */
export async function finish(house: House, run: Held, outcome: Outcome, ms: number): Promise<boolean> {
  const { db, endings } = house;
  const { state, outputs, error } = outcome.state === 'absent' ? nobody : outcome;
  const json = (value: unknown) => (value === null ? null : writeJson(value));
  const write = async (trx: Knex): Promise<number> => {
    if (run.pipeline_run_id !== null) await holdRuns(trx, [run.pipeline_run_id]);
    const count = await trx('runs')
      .where({ id: run.id, worker: run.worker })
      .update({
        ...{ state, outputs: json(outputs), error: json(error), compute_time_ms: Math.round(ms) },
        ...{ worker: null, leased_until: null, ended_at: db.fn.now(), updated_at: db.fn.now() },
      });
    if (count > 0) await settleRun(trx, run, outcome);
    return count;
  };
  // One statement is a transaction of its own.
  const written: number = await (run.pipeline_run_id === null ? write(db) : db.transaction(write)).catch(
    (thrown: { code?: string }) => {
      // Postgres' classes of what is wrong with a value, and of what is more than it can take.
      if (!/^(22|54)/.test(thrown.code ?? '') || error) throw thrown;
      return finish(house, run, failed('The container’s answer cannot be stored'), ms).then(() => 0);
    },
  );
  if (written > 0) endings.tell(run.id);
  return written > 0;
}

const nobody = { state: 'no_resources_available', outputs: null, error: null };
