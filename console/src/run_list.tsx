import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, type Run } from './api.ts';
import { Link } from './link.tsx';
import { ListPanel } from './list.tsx';
import { RunState, runStates, shortId, took } from './run_facts.tsx';
import { Time } from './time.tsx';
import { useList } from './use_list.ts';

/** How old the list may become while something in it goes on, and while nothing does; milliseconds. */
const [lively, calm] = [2_000, 4_000];

interface Props {
  title: string;
  /** Only those of this pipeline. */
  pipeline?: string;
  empty: ComponentChildren;
}

/** Runs as they come and go. */
export function RunList({ title, pipeline, empty }: Props) {
  const [state, narrow] = useState<Run['state'] | ''>('');
  const [isLively, enliven] = useState(false);
  const list = useList<Run>(
    async (part) => {
      const page = await api.runs({ ...part, ...(pipeline && { pipeline }), ...(state && { state }) });
      enliven(page.results.some(({ ended_at }) => !ended_at));
      return page;
    },
    { by: `${pipeline} ${state}`, news: 'runs', period: isLively ? lively : calm },
  );
  const filter = (
    <label class="filter">
      <span class="muted small">State</span>
      <select value={state} onChange={(event) => narrow(event.currentTarget.value as Run['state'] | '')}>
        <option value="">any</option>
        {runStates.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <ListPanel
      title={title}
      of={list}
      action={filter}
      columns={pipeline ? ['Run', 'State', 'Made', 'Took'] : ['Pipeline', 'State', 'Made', 'Took']}
      row={(run) => <Row key={run.id} of={run} isAlone={pipeline !== undefined} />}
      empty={state ? <p class="empty muted">No runs in this state.</p> : empty}
    />
  );
}

function Row({ of: run, isAlone }: { of: Run; isAlone: boolean }) {
  return (
    <tr>
      <td>
        <Link class="strong" to={`/runs/${run.id}`}>
          {isAlone ? <span class="mono">{shortId(run.id)}</span> : run.pipeline.name}
        </Link>
        {!isAlone && <span class="sub mono">{shortId(run.id)}</span>}
        {run.error && <span class="sub clipped">{run.error.message}</span>}
      </td>
      <td class="state">
        <RunState of={run.state} />
      </td>
      <td class="state">
        <Time at={run.created_at} />
      </td>
      <td class="state number">{took(run)}</td>
    </tr>
  );
}
