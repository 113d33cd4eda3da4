import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { number } from './number.ts';
import type { List } from './use_list.ts';

interface Props<Row> {
  title: string;
  of: List<Row>;
  /** The headings of the columns; '' is the one of the buttons. */
  columns: string[];
  /** A `tr` with its key. */
  row(row: Row): VNode;
  /** What is shown in place of no rows. */
  empty: ComponentChildren;
  /** At the right of the title. */
  action?: ComponentChildren;
}

/** A panel with a list of the server's: waiting, empty, failed, or rows with a way to more of them. */
export function ListPanel<Row>({ title, of: list, columns, row, empty, action }: Props<Row>) {
  const id = useId();
  const { rows, count, trouble, load } = list;
  return (
    <section class="panel" aria-labelledby={id} aria-busy={!rows}>
      <header>
        <h2 id={id} tabIndex={-1}>
          {title}
          {rows && count !== undefined && <span class="count"> {number(count)}</span>}
        </h2>
        {action}
      </header>
      <Trouble of={trouble} again={load} />
      {rows?.length === 0 ? empty : <Table columns={columns} rows={rows?.map(row)} />}
      <More of={list} />
    </section>
  );
}

/** Rows with their headings, cards where there is little room; `rows` is undefined while they are on their way. */
export function Table({ columns, rows }: { columns: string[]; rows: VNode[] | undefined }) {
  return (
    // Another table than the one that waited: nothing of that moves.
    <table key={rows ? 'list' : 'waiting'}>
      {rows && columns.length > 0 && (
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name || <span class="unseen">What to do</span>}
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>{rows ?? <Waiting />}</tbody>
    </table>
  );
}

/** Rows that are on their way. */
export function Waiting() {
  return [0, 1, 2].map((row) => (
    <tr key={row} class="waiting">
      <td colSpan={9}>
        <span class="unseen">Loading</span>
        <i />
      </td>
    </tr>
  ));
}

/** The button that brings more rows. Where those were the last, the focus goes to the heading of the list. */
export function More<Row>({ of: { hasMore, more, isLoading } }: { of: List<Row> }) {
  const element = useRef<HTMLParagraphElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    if (hasMore || !hadFocus.current) return;
    hadFocus.current = false;
    if (document.activeElement === document.body)
      element.current?.closest('section')?.querySelector<HTMLElement>('h2')?.focus();
  }, [hasMore]);
  return (
    <p class="more" ref={element}>
      {hasMore && (
        <button
          type="button"
          class="btn"
          aria-disabled={isLoading}
          onClick={() => {
            hadFocus.current = true;
            more();
          }}
        >
          Show more
        </button>
      )}
    </p>
  );
}
