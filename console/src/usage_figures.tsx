import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type Usage, type UsageQuery } from './api.ts';
import { Bars, figures, Share } from './chart.tsx';
import { Empty } from './command.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { number } from './number.ts';
import { dated } from './time.tsx';
import { useFresh } from './use_fresh.ts';

type Row = Usage['rows'][number];

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/** What is asked of usage: so many days, today among them. */
export const lastDays = (days: number) => ({ from: day(days - 1), to: day(0) });

/** The figures of a query, kept fresh. */
export function useUsage(query: UsageQuery) {
  const by = JSON.stringify(query);
  const [found, set] = useState<{ by: string; usage: Usage }>();
  const { trouble, load } = useFresh(async () => set({ by, usage: await api.usage(query) }), { by });
  return { usage: found?.by === by ? found.usage : undefined, trouble, load };
}

/** Each day of a report, those without a request as well. */
export function daysOf({ from, to, rows }: Usage): Row[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  const days: Row[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) {
    const name = new Date(at).toISOString().slice(0, 10);
    days.push(known.get(name) ?? { day: name, requests: 0, refusals: 0 });
  }
  return days;
}

/** Days as bars. What is read aloud says all of it; day by day it stands in the table. */
export function DayBars({ of: usage }: { of: Usage }) {
  const bars = daysOf(usage).map((row) => ({ ...row, name: dated(row.day ?? '') }));
  const about = `By day, ${dated(usage.from)} to ${dated(usage.to)}: ${figures(usage)}. The same figures are in the table.`;
  return <Bars bars={bars} about={about} />;
}

/** The same figures as rows: days the newest first, all else the most asked first. */
export function UsageTable({ of: usage, nameOf }: { of: Usage; nameOf(row: Row): Shown }) {
  const most = Math.max(...usage.rows.map(({ requests }) => requests));
  const rows = usage.by === 'day' ? usage.rows.toReversed() : usage.rows;
  return (
    <Table
      columns={[headings[usage.by] ?? 'Of', 'Requests', 'Refused', 'Share']}
      rows={rows.map((row) => {
        const { key, text, to } = nameOf(row);
        return (
          <tr key={key} class="figures">
            <td>{to ? <Link to={to}>{text}</Link> : text}</td>
            <td class="figure">
              {number(row.requests)}
              <span class="unit"> requests</span>
            </td>
            <td class="figure">
              {number(row.refusals)}
              <span class="unit"> refused</span>
            </td>
            <td class="wide">
              <Share of={row.requests} most={most} />
              <span class="unseen">{Math.round((row.requests / Math.max(1, usage.requests)) * 100)} %</span>
            </td>
          </tr>
        );
      })}
    />
  );
}

export interface Shown {
  key: string;
  text: string;
  to?: string;
}

/** What the first column is about. */
export const headings: Record<string, string> = {
  day: 'Day',
  key: 'Key',
  operation: 'Operation',
  status: 'Answer',
  network: 'Network',
};

/** What a key was used for in the last 30 days, as a chart and as a table. */
export function UsageOfKey({ id }: { id: string }) {
  const { usage, trouble, load } = useUsage({ ...lastDays(30), key: id, by: 'day' });
  return (
    <section class="panel" aria-labelledby="usage" aria-busy={!usage}>
      <header>
        <h2 id="usage">Requests, last 30 days</h2>
        <span class="muted small">{usage && figures(usage)}</span>
      </header>
      <Trouble of={trouble} again={load} />
      <div class="figures-of">
        {usage && usage.rows.length === 0 && (
          <Empty title="No requests in these days">What is asked with it is counted here within seconds.</Empty>
        )}
        {usage && usage.rows.length > 0 && (
          <>
            <DayBars of={usage} />
            <details class="as-table">
              <summary>As a table</summary>
              <UsageTable of={usage} nameOf={({ day = '' }) => ({ key: day, text: dated(day) })} />
            </details>
          </>
        )}
      </div>
    </section>
  );
}
