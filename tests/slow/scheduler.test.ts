import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeForRunner } from '../../src/core/runs/lease.ts';
import { unhurried } from '../../src/core/runs/row.ts';
import { endOverdue } from '../../src/core/scheduler/overdue.ts';
import { tick } from '../../src/core/scheduler/tick.ts';
import type { Body } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';

let mage: MageRuns;
beforeAll(async () => {
  mage = await openMageRuns();
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
  await mage.pipeline('etl', 'load');
});

const db = () => mage.house.db;
const at = (text: string) => new Date(`${text.replace(' ', 'T')}Z`);
/** A trigger by time, switched on at a moment. */
const timed = async (schedule_interval: string, its: object = {}, enabled = '2026-11-25 20:34:00'): Promise<Body> => {
  const trigger = await mage.trigger('etl', { name: 'timed', schedule_type: 'time', schedule_interval, ...its });
  await db()('pipeline_schedules')
    .where({ id: trigger.id })
    .update({ last_enabled_at: at(enabled) as never });
  return trigger;
};
const look = (moment: string) => tick(mage.house, at(moment));
/** The intervals of all runs so far, in the order in which they were made. */
const dates = async (): Promise<string[]> => {
  const rows = await db()('pipeline_runs').orderBy('id').select('execution_date');
  return rows.map(({ execution_date }) => execution_date.replace('T', ' ').replace(/\+00:00$/, ''));
};
const runs = async (): Promise<Body[]> =>
  (await mage.call('owner', 'GET', '/pipeline_runs?order_by[]=id')).pipeline_runs;

describe('intervals', () => {
  it.each([
    ['@hourly', '2026-11-25 21:00:00', '2026-11-25 22:00:00'],
    ['@daily', '2026-11-26 00:00:00', '2026-11-27 00:00:00'],
    ['@midnight', '2026-11-26 00:00:00', '2026-11-27 00:00:00'],
    ['@weekly', '2026-11-30 00:00:00', '2026-12-07 00:00:00'],
    ['@monthly', '2026-12-01 00:00:00', '2027-01-01 00:00:00'],
    ['@yearly', '2027-01-01 00:00:00', '2028-01-01 00:00:00'],
    ['*/15 9-17 * * mon-fri', '2026-11-26 09:00:00', '2026-11-26 09:15:00'],
    ['0 0 L * *', '2026-11-30 00:00:00', '2026-12-31 00:00:00'],
    ['0 9 * * ? 30', '2026-11-26 09:00:30', '2026-11-27 09:00:30'],
    ['0 0 1 1 * 0 2030/5', '2030-01-01 00:00:00', '2035-01-01 00:00:00'],
  ])('%s: once in each, from the next one on', async (interval, first, second) => {
    await timed(interval);
    const before = new Date(at(first).getTime() - 1000);
    expect(await tick(mage.house, before)).toBe(0);
    for (const moment of [first, first, second, second]) await look(moment);
    expect(await dates()).toEqual([first, second]);
  });

  it('the run of an interval: its trigger’s variables, or none; no partition; parts when it begins', async () => {
    await timed('@hourly', { variables: { env: 'night' } });
    await timed('@hourly');
    await look('2026-11-25 21:00:05');
    const [first, second] = await runs();
    expect(first).toMatchObject({
      ...{ execution_date: '2026-11-25 21:00:00+00:00', variables: { env: 'night' }, event_variables: null },
      ...{ status: 'initial', block_runs: [] },
    });
    expect(second.variables).toBeNull();
    await mage.look();
    expect((await runs())[0]).toMatchObject({ status: 'running', block_runs: [{ block_uuid: 'load' }] });
  });

  it('faster than the clock is looked at: the last one that is due', async () => {
    await timed('* * * * * */2');
    for (const moment of ['20:35:03', '20:35:13', '20:35:14']) await look(`2026-11-25 ${moment}`);
    expect(await dates()).toEqual(['20:35:02', '20:35:12', '20:35:14'].map((clock) => `2026-11-25 ${clock}`));
  });

  it('within an interval it was switched on: at once where its settings say so', async () => {
    const { id } = await timed('@hourly');
    const settings = { create_initial_pipeline_run: true };
    await mage.call('owner', 'PUT', `/pipeline_schedules/${id}`, { pipeline_schedule: { settings } });
    await look('2026-11-25 20:34:10');
    expect(await dates()).toEqual(['2026-11-25 20:00:00']);
  });

  it('a start in the future is waited for; one in the past changes nothing', async () => {
    await timed('@hourly', { start_time: '2026-11-26 09:30:00' });
    await timed('@daily', { start_time: '2020-01-01 09:30:00' });
    for (const moment of ['2026-11-25 21:00:00', '2026-11-26 00:00:01', '2026-11-26 09:30:00']) await look(moment);
    expect(await dates()).toEqual(['2026-11-26 00:00:00']);
    await look('2026-11-26 10:00:00');
    expect(await dates()).toEqual(['2026-11-26 00:00:00', '2026-11-26 10:00:00']);
  });

  it('@once: one run ever, while one is left; after that is deleted another', async () => {
    await timed('@once');
    for (const moment of ['2026-11-25 20:34:10', '2026-11-25 20:34:20', '2026-11-26 20:34:20']) await look(moment);
    expect(await dates()).toEqual(['2026-11-25 20:34:10']);
    const [run] = await runs();
    await mage.call('editor', 'DELETE', `/pipeline_runs/${run.id}`);
    await look('2026-11-26 20:35:00');
    expect(await dates()).toEqual(['2026-11-26 20:35:00']);
  });

  it('@always_on: again once the last one has ended', async () => {
    await timed('@always_on');
    for (const moment of ['20:34:10', '20:34:20', '20:34:30']) await look(`2026-11-25 ${moment}`);
    expect(await dates()).toHaveLength(1);
    await mage.call('owner', 'PUT', '/pipelines/etl', { pipeline: { status: 'cancelled' } });
    for (const moment of ['20:34:40', '20:34:41']) await look(`2026-11-25 ${moment}`);
    expect(await dates()).toEqual(['2026-11-25 20:34:10', '2026-11-25 20:34:40']);
  });

  it('one that is not active, or fires by something else, is left alone', async () => {
    await timed('@hourly', { status: 'inactive' });
    await timed('@hourly', { schedule_type: 'api' });
    expect(await look('2026-11-25 22:00:00')).toBe(0);
  });

  it('a change of the trigger holds at once', async () => {
    const { id } = await timed('@monthly');
    await look('2026-11-25 20:40:00');
    await mage.call('owner', 'PUT', `/pipeline_schedules/${id}`, {
      pipeline_schedule: { schedule_interval: '* * * * *' },
    });
    await look('2026-11-25 20:41:30');
    expect(await dates()).toEqual(['2026-11-25 20:41:00']);
  });

  it('a run with that date, whoever made it, is the interval’s', async () => {
    const { id } = await timed('@hourly');
    const run = { execution_date: '2026-11-25 21:00:00' };
    await mage.call('owner', 'POST', `/pipeline_schedules/${id}/pipeline_runs`, { pipeline_run: run });
    await look('2026-11-25 21:00:01');
    expect(await dates()).toEqual(['2026-11-25 21:00:00']);
  });
});

describe('whatever happens', () => {
  it('after a day down there is one run', async () => {
    await timed('* * * * *');
    await look('2026-11-25 20:42:10');
    await look('2026-11-26 20:45:27');
    await look('2026-11-26 20:46:00');
    expect(await dates()).toEqual(['2026-11-25 20:42:00', '2026-11-26 20:45:00', '2026-11-26 20:46:00']);
  });

  it('a clock that jumps: forward nothing is made up, back nothing is made twice, and it goes on', async () => {
    await timed('@hourly');
    for (const moment of ['2026-11-25 21:00:00', '2036-01-01 05:30:00', '2026-11-25 21:30:00', '2026-11-25 22:00:00'])
      await look(moment);
    expect(await dates()).toEqual(['2026-11-25 21:00:00', '2036-01-01 05:00:00', '2026-11-25 22:00:00']);
  });

  it('daylight saving of the host is none of ours: all is UTC', async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'Europe/Berlin';
    try {
      await timed('30 * * * *', {}, '2026-10-24 23:00:00');
      for (const hour of ['00', '01', '02', '03']) await look(`2026-10-25 ${hour}:30:01`);
      expect(await dates()).toEqual(['00', '01', '02', '03'].map((hour) => `2026-10-25 ${hour}:30:00`));
    } finally {
      process.env.TZ = zone;
    }
  });

  it('looked at by several at the same moment, each interval runs once', async () => {
    for (let count = 0; count < 20; count += 1) await timed('@hourly');
    const made = await Promise.all(Array.from({ length: 6 }, () => look('2026-11-25 21:00:00')));
    expect(made.reduce((sum, one) => sum + one, 0)).toBe(20);
    expect(await dates()).toHaveLength(20);
  });

  it('1,000 triggers in one minute', async () => {
    await db().raw(
      `insert into pipeline_schedules (pipeline_id, name, token, schedule_type, schedule_interval, status, last_enabled_at)
       select id, 't' || n, 'x', 'time', '* * * * *', 'active', '2026-11-25' from pipelines, generate_series(1, 1000) n`,
    );
    expect(await look('2026-11-25 20:35:05')).toBe(1000);
    expect(await look('2026-11-25 20:35:06')).toBe(0);
    await mage.look();
    expect(await db()('pipeline_runs').where({ status: 'running' })).toHaveLength(1000);
  });
});

describe('settings', () => {
  it('skip_if_previous_running: the run is made, and cancelled at once', async () => {
    await timed('* * * * *', { settings: { skip_if_previous_running: true } });
    for (const moment of ['20:35:00', '20:36:00']) await look(`2026-11-25 ${moment}`);
    expect((await runs()).map(({ status }) => status)).toEqual(['initial', 'cancelled']);
    const [, second] = await runs();
    const lines = await db()('run_logs').where({ pipeline_run_id: second.id });
    expect(lines.map(({ message }) => message)).toEqual(['Pipeline run limit reached... skipping this run']);
    await mage.call('owner', 'PUT', '/pipelines/etl', { pipeline: { status: 'cancelled' } });
    await look('2026-11-25 20:37:00');
    expect((await runs())[2].status).toBe('initial');
  });

  it.each([
    [undefined, 'failed'],
    ['cancelled', 'cancelled'],
    ['foo', 'failed'],
  ])('timeout, timeout_status %j: ends as %s', async (timeout_status, status) => {
    const trigger = await mage.trigger('etl', { settings: { timeout: 12, timeout_status } });
    const { id } = (await mage.fire(trigger)).pipeline_run;
    await mage.look();
    await db()('pipeline_runs')
      .where({ id })
      .update({ started_at: at('2026-11-25 20:00:00') as never });
    await endOverdue(mage.house, at('2026-11-25 20:00:11'));
    expect((await mage.run(id)).status).toBe('running');
    await endOverdue(mage.house, at('2026-11-25 20:00:19'));
    const run = await mage.run(id);
    expect([run.status, run.completed_at, run.block_runs[0].status]).toEqual([status, null, 'cancelled']);
    const line = await db()('run_logs').where({ pipeline_run_id: id }).orderBy('id', 'desc').first();
    expect(line?.message).toBe('Pipeline run timed out after 19 seconds');
    expect(await db()('runs').where({ pipeline_run_id: id }).whereNull('ended_at')).toEqual([]);
  });

  it('a timeout that is no number is none', async () => {
    const trigger = await mage.trigger('etl', { settings: { timeout: 'soon' } });
    const { id } = (await mage.fire(trigger)).pipeline_run;
    await mage.look();
    await endOverdue(mage.house, at('2036-01-01 00:00:00'));
    expect((await mage.run(id)).status).toBe('running');
  });

  it('the timeout of a block ends it, and the run', async () => {
    await mage.call('owner', 'PUT', '/pipelines/etl/blocks/load', { block: { timeout: 5 } });
    const { id } = (await mage.fire(await mage.trigger('etl'))).pipeline_run;
    await mage.look();
    await takeForRunner(db(), unhurried, mage.house.installation.accountId, 1);
    const started_at = at('2026-11-25 20:00:00') as never;
    await db()('block_runs').where({ pipeline_run_id: id }).update({ status: 'running', started_at });
    await endOverdue(mage.house, at('2026-11-25 20:00:04'));
    expect((await mage.run(id)).status).toBe('running');
    await endOverdue(mage.house, at('2026-11-25 20:00:05'));
    const run = await mage.run(id);
    expect([run.status, run.block_runs[0]]).toMatchObject(['failed', { status: 'failed', metrics: null }]);
  });

  it('sla: passed, without a change of the status', async () => {
    const trigger = await mage.trigger('etl', { sla: 5 });
    const run = { pipeline_run: { execution_date: '2026-11-25 20:00:00' } };
    const { id } = (await mage.fire(trigger, run)).pipeline_run;
    await endOverdue(mage.house, at('2026-11-25 20:00:05'));
    expect((await mage.run(id)).passed_sla).toBe(false);
    await endOverdue(mage.house, at('2026-11-25 20:00:06'));
    expect(await mage.run(id)).toMatchObject({ passed_sla: true, status: 'initial' });
  });
});

it('#187 #188 intervals that are none, or never come, are refused', async () => {
  for (const schedule_interval of ['60 * * * *', '* * * *', 'abc', 'H * * * *', '@every 5m', '', '0 0 31 2 *']) {
    const sent = { name: 't', schedule_type: 'time', schedule_interval };
    const answer = await mage.call('editor', 'POST', '/pipelines/etl/pipeline_schedules', { pipeline_schedule: sent });
    expect([schedule_interval, answer.error?.exception]).toEqual([schedule_interval, 'Cron expression is invalid.']);
  }
});

it('next_pipeline_run_date is what will happen', async () => {
  const next = async (its: object) =>
    (await mage.call('owner', 'GET', `/pipeline_schedules/${(await timed('@hourly', its)).id}`)).pipeline_schedule
      .next_pipeline_run_date;
  const shown = (await next({})) as string;
  const hour = new Date(shown.replace(' ', 'T'));
  expect([hour.getUTCMinutes(), hour > new Date()]).toEqual([0, true]);
  expect(await look(shown.slice(0, 19))).toBe(1);
  expect(await next({ start_time: '2030-05-05 05:30:00' })).toBe('2030-05-05 06:00:00+00:00');
  expect(await next({ status: 'inactive' })).toBeNull();
  expect(await next({ schedule_interval: '@once' })).toBeNull();
});
