import { api, type TriggeredRun } from './api.ts';
import { Empty } from './command.tsx';
import { Link } from './link.tsx';
import { ListPanel } from './list.tsx';
import { lasted } from './number.ts';
import { Time } from './time.tsx';
import { useList } from './use_list.ts';

const said: Record<TriggeredRun['status'], [kind: string, text: string]> = {
  initial: ['', 'Waiting'],
  running: ['warn', 'Running'],
  completed: ['good', 'Completed'],
  failed: ['bad', 'Failed'],
  cancelled: ['', 'Cancelled'],
};

/** How a run of blocks stands, as a word with a colour. */
export function TriggeredState({ of: status }: { of: TriggeredRun['status'] }) {
  const [kind, text] = said[status];
  return <span class={`chip ${kind}`}>{text}</span>;
}

/** Runs of blocks, which triggers begin. */
export function TriggeredList({ pipeline }: { pipeline?: string }) {
  const list = useList<TriggeredRun>((part) => api.triggeredRuns({ ...part, ...(pipeline && { pipeline }) }), {
    by: pipeline ?? '',
    period: 4_000,
  });
  return (
    <ListPanel
      title="Runs of blocks"
      of={list}
      columns={['Pipeline', 'State', 'Blocks', 'Made', 'Took']}
      row={(run) => <Row key={run.id} of={run} />}
      empty={
        <Empty
          title="No runs of blocks yet"
          command={`curl -X POST ${location.origin}/api/pipeline_schedules/1/pipeline_runs \\
  -H "X-API-KEY: YOUR_KEY" -H "Content-Type: application/json" \\
  -d '{"pipeline_run": {}}'`}
        >
          Triggers begin them. Begin one by hand, with the number of its trigger:
        </Empty>
      }
    />
  );
}

function Row({ of: run }: { of: TriggeredRun }) {
  const { started_at, ended_at, blocks } = run;
  return (
    <tr>
      <td>
        <Link class="strong" to={`/pipelines/${run.pipeline.id}`}>
          {run.pipeline.name}
        </Link>
        <span class="sub">
          {run.trigger ?? 'a trigger that is gone'}, no. {run.id}
        </span>
      </td>
      <td class="state">
        <TriggeredState of={run.status} />
      </td>
      <td class="state">
        {blocks.completed} of {blocks.all} done{blocks.failed > 0 && `, ${blocks.failed} failed`}
      </td>
      <td class="state">
        <Time at={run.created_at} />
      </td>
      <td class="state number">
        {started_at
          ? lasted(Math.max(0, (ended_at ? Date.parse(ended_at) : Date.now()) - Date.parse(started_at)))
          : '–'}
      </td>
    </tr>
  );
}
