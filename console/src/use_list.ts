import { useRef, useState } from 'preact/hooks';
import type { Me, Part } from './api.ts';
import { type News, useNews } from './state.ts';
import { useFresh } from './use_fresh.ts';

/** So many rows come at once; so many at most are looked at again. */
const page = 100;
const largest = 1000;

interface Answer<Row> {
  results: Row[];
  count?: number | null;
  next: string | null;
}

export interface List<Row> {
  /** Undefined until they are here. */
  rows: Row[] | undefined;
  count: number | undefined;
  trouble: Error | undefined;
  hasMore: boolean;
  isLoading: boolean;
  load(): Promise<void>;
  more(): Promise<void>;
}

interface Options {
  /** What the list depends on, such as a filter: where it changes, the list begins anew. */
  by?: string;
  /** What another tab may tell of it. */
  news?: News;
  /** How old it may become, in milliseconds. */
  period?: number;
}

const cursorOf = (link: string | null) =>
  link ? (new URL(link, location.origin).searchParams.get('cursor') ?? undefined) : undefined;

/**
 * A list of `/v1`, read on by its cursors. What is shown stays fresh up to the thousandth row, and nothing that is shown goes away
 * because others come.
 */
export function useList<Row extends { id: string }>(
  read: (part: Part, user: Me) => Promise<Answer<Row>>,
  { by = '', news, period }: Options = {},
): List<Row> {
  const [{ rows, count, next }, set] = useState<{ rows?: Row[]; count?: number; next?: string | undefined }>({});
  const [isLoading, setLoading] = useState(false);
  const shown = useRef({ by, rows: [] as Row[], next: undefined as string | undefined });
  const turn = useRef(0);
  if (shown.current.by !== by) shown.current = { by, rows: [], next: undefined };
  const put = (fresh: Answer<Row>, all: Row[], cursor: string | undefined) => {
    shown.current = { by, rows: all, next: cursor };
    set({ rows: all, next: cursor, ...(typeof fresh.count === 'number' && { count: fresh.count }) });
  };
  const { load, trouble, guard } = useFresh(
    async (user) => {
      turn.current += 1;
      const mine = turn.current;
      const had = shown.current;
      const fresh = await read({ limit: Math.min(largest, Math.max(page, had.rows.length)) }, user);
      if (mine !== turn.current) return;
      const last = fresh.results.at(-1);
      const at = had.rows.findIndex(({ id }) => id === last?.id);
      // Beyond what was looked at again, rows stay as they were.
      const tail = fresh.next && at >= 0 ? had.rows.slice(at + 1) : [];
      put(fresh, [...fresh.results, ...tail], tail.length > 0 ? had.next : cursorOf(fresh.next));
    },
    { by, ...(period !== undefined && { period }) },
  );
  useNews((said) => said === news && load());
  const more = () =>
    guard(async (user) => {
      const { next: cursor, rows: had } = shown.current;
      if (!cursor || isLoading) return;
      turn.current += 1;
      const mine = turn.current;
      setLoading(true);
      try {
        const fresh = await read({ limit: page, cursor }, user);
        if (mine === turn.current) put(fresh, [...had, ...fresh.results], cursorOf(fresh.next));
      } finally {
        setLoading(false);
      }
    });
  return { rows, count, trouble, hasMore: next !== undefined, isLoading, load, more };
}
