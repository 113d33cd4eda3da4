import { useRef } from 'preact/hooks';
import { Trouble } from './action.tsx';
import type { Usage } from './api.ts';
import { figures } from './chart.tsx';
import { Choice } from './choice.tsx';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { ModelFigures, viewOfModels } from './model_usage.tsx';
import { go, usePlace } from './router.ts';
import { csvOf, saveFile } from './save_file.ts';
import { dated } from './time.tsx';
import { DayBars, daysOf, headings, lastDays, type Shown, UsageTable, useUsage } from './usage_figures.tsx';

const views = ['day', 'key', 'operation', 'status', 'network'] as const;
type View = (typeof views)[number];
const periods = [7, 30, 90];

/** How often what was asked: by day, key, operation, answer and network, as a chart and as a table, and as a file; and what models took. */
export function UsagePage() {
  const { searchParams: asked } = usePlace();
  const by = views.find((view) => view === asked.get('by')) ?? 'day';
  const days = periods.find((period) => String(period) === asked.get('days')) ?? 30;
  const operation = asked.get('operation');
  const { usage, trouble, load } = useUsage({ ...lastDays(days), by, ...(operation && { operation }) });
  const models = viewOfModels(asked.get('models'));
  const turn = (changes: Record<string, string | number>) =>
    addressOf({ by, days, operation: operation ?? '', models: asked.get('models') ?? '' }, changes);
  // Below what has its height by then, so that nothing moves; it stays while that is narrowed.
  const isSettled = useRef(false);
  isSettled.current ||= usage !== undefined;
  const nameOf = (row: Usage['rows'][number]) => shownAs(by, row, (operation) => turn({ operation, by: 'day' }));
  return (
    <>
      <Head
        title="Usage"
        action={
          usage &&
          usage.rows.length > 0 && (
            <button type="button" class="btn" onClick={() => saveFile(`usage-by-${by}.csv`, fileOf(usage, nameOf))}>
              Download CSV
            </button>
          )
        }
      >
        Requests on all APIs of this server, and those of them that were refused. Days are in UTC; the latest seconds
        are not here yet.
      </Head>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Choice name="by" label="By" value={by} onChange={(value) => go(turn({ by: value }), true)}>
          {views.map((view) => [view, headings[view] ?? view])}
        </Choice>
        <Choice name="days" label="Days" value={String(days)} onChange={(value) => go(turn({ days: value }), true)}>
          {periods.map((period) => [String(period), `The last ${period}`])}
        </Choice>
        {operation && (
          <p class="chip held">
            Only <code>{operation}</code>
            <Link to={turn({ operation: '', by: 'operation' })} aria-label={`All operations, not only ${operation}`}>
              All
            </Link>
          </p>
        )}
      </form>
      <section class="panel" aria-labelledby="figures" aria-busy={!usage}>
        <header>
          <h2 id="figures">By {(headings[by] ?? by).toLowerCase()}</h2>
          <span class="muted small" role="status">
            {usage && figures(usage)}
          </span>
        </header>
        <Trouble of={trouble} again={load} />
        {usage?.rows.length === 0 ? (
          <Nothing />
        ) : (
          <>
            {by === 'day' && (usage ? <DayBars of={usage} /> : <div class="chart waiting" />)}
            {usage ? <UsageTable of={usage} nameOf={nameOf} /> : <Table columns={[]} rows={undefined} />}
          </>
        )}
      </section>
      {isSettled.current && <ModelFigures by={models} days={days} onBy={(view) => go(turn({ models: view }), true)} />}
    </>
  );
}

function Nothing() {
  return (
    <Empty
      title="No requests in these days"
      command={`curl ${location.origin}/v1/me -H "Authorization: Bearer $LATCHKEY_API_KEY"`}
    >
      What is asked with a key is counted here within seconds:
    </Empty>
  );
}

function addressOf(now: Record<string, string | number>, changes: Record<string, string | number>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...now, ...changes })) if (value !== '') query.set(name, String(value));
  return `/usage?${query}`;
}

/** What a row is called, and where it leads: a key to its page, an operation to its days. */
function shownAs(by: View, row: Usage['rows'][number], toOperation: (id: string) => string): Shown {
  if (by === 'day') return { key: row.day ?? '', text: dated(row.day ?? '') };
  if (by === 'operation') {
    const { operation = '' } = row;
    return { key: operation, text: operation, to: toOperation(operation) };
  }
  if (by !== 'key') return { key: row[by] ?? '', text: row[by] ?? '' };
  if (!row.key) return { key: '', text: 'Sessions, without a key' };
  return row.name ? { key: row.key, text: row.name, to: `/keys/${row.key}` } : { key: row.key, text: row.key };
}

function fileOf(usage: Usage, nameOf: (row: Usage['rows'][number]) => Shown): Blob {
  const rows = usage.by === 'day' ? daysOf(usage) : usage.rows;
  const isKey = usage.by === 'key';
  const lines = rows.map((row) => {
    const { key, text } = nameOf(row);
    return [usage.by === 'day' || isKey ? key : text, ...(isKey ? [text] : []), row.requests, row.refusals];
  });
  return csvOf([[usage.by, ...(isKey ? ['name'] : []), 'requests', 'refusals'], ...lines]);
}
