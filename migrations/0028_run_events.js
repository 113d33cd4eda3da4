/**
 * What happened to a run, in order, for those who follow it; and runs that somebody cancelled.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table runs drop constraint runs_state_check;
    alter table runs add constraint runs_state_check check (state in ('created', 'routing', 'queued', 'running', 'completed',
      'failed', 'no_resources_available', 'node_preempted', 'cancelled', 'unknown'));

    create table run_events (
      run_id uuid not null references runs on delete cascade,
      n integer not null,
      event text not null check (event in ('state', 'log')),
      data jsonb not null,
      at timestamptz not null default now(),
      primary key (run_id, n)
    );
    insert into run_events (run_id, n, event, data, at)
      select id, 1, 'state', jsonb_build_object('state', state), updated_at from runs;

    -- Whoever changes a run holds its row: the numbers have no gap and no twin. A run is at work once it is sent; while somebody
    -- looks for its container again and again, nothing happens to it.
    create function tell_run_state() returns trigger language plpgsql as $$
      declare
        last integer;
        told text;
      begin
        if new.state = 'running' and new.sent_at is null then return null; end if;
        select max(n) into last from run_events where run_id = new.id;
        select data ->> 'state' into told from run_events where run_id = new.id and event = 'state' order by n desc limit 1;
        if told is distinct from new.state then
          insert into run_events (run_id, n, event, data)
            values (new.id, coalesce(last, 0) + 1, 'state', jsonb_build_object('state', new.state));
        end if;
        return null;
      end
    $$;
    create trigger runs_told after insert or update of state, sent_at on runs for each row execute function tell_run_state();
  `);
}

/** Forward only. */
export async function down() {}
