import { heldKeys, holderOf } from '../api_keys/index.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { usageReport } from '../usage/report.ts';
import { attention } from './attention.ts';

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/**
 * What the first page of a console shows: of the whole account for admins, else of the caller's own keys. Throws `forbidden` without
 * a role.
 */
export async function overviewOf(context: Context) {
  const { house } = context;
  const [today, yesterday] = [day(0), day(1)];
  const { rows } = await usageReport(context, { from: yesterday, to: today, by: 'day' });
  const of = (which: string) => rows.find((row) => (row as { day?: string }).day === which);
  const two = (figure: 'requests' | 'refusals') => ({
    today: of(today)?.[figure] ?? 0,
    yesterday: of(yesterday)?.[figure] ?? 0,
  });
  return {
    requests: two('requests'),
    refusals: two('refusals'),
    keys: { active: await heldKeys(context, holderOf(context).userId), most: house.config.keysPerUser },
    runs: await runsOf(context),
    latency_ms: house.latency.percentiles(),
    attention: await attention(context),
  };
}

interface Runs {
  running: number;
  today: number;
  failed_today: number;
}

/** Of both kinds: what runs in containers, and what triggers begin. */
async function runsOf(context: Context) {
  const { rows } = await context.db.raw<{ rows: Runs[] }>(
    `select count(*) filter (where ended_at is null and is_running)::int running, count(*) filter (where created_at >= midnight)::int today,
       count(*) filter (where has_failed and ended_at >= midnight)::int failed_today
     from (select date_trunc('day', now(), 'UTC') as midnight) clock, lateral (
       select created_at, ended_at, state = 'running' is_running, state in ('failed', 'node_preempted') has_failed
       from runs where account_id = :account and pipeline_run_id is null and (ended_at is null or ended_at >= midnight)
       union all
       select created_at, ended_at, status = 'running', status = 'failed'
       from pipeline_runs where account_id = :account and (ended_at is null or ended_at >= midnight)
     ) one`,
    { account: accountOf(context) },
  );
  return rows[0] as Runs;
}
