import { useEffect, useState } from 'preact/hooks';
import { exact } from './time.tsx';

interface Line {
  n: number;
  at: string;
  text: string;
}

/** What happens to a run, as it happens: the server tells it, and goes on where it left off after a break. */
export function RunLog({ id, onNews }: { id: string; onNews(): void }) {
  const [lines, add] = useState<Line[]>([]);
  const [isOver, end] = useState(false);
  useEffect(() => {
    const source = new EventSource(`/v1/runs/${encodeURIComponent(id)}/log`);
    const hear = ({ data, lastEventId }: MessageEvent<string>) => {
      const { at, ...rest } = JSON.parse(data) as { at: string; state?: string; message?: string };
      const n = Number(lastEventId);
      const text = rest.message ?? rest.state ?? JSON.stringify(rest);
      add((before) => (before.some((line) => line.n === n) ? before : [...before, { n, at, text }]));
      onNews();
    };
    source.addEventListener('state', hear);
    source.addEventListener('log', hear);
    source.addEventListener('end', () => {
      source.close();
      end(true);
      onNews();
    });
    return () => source.close();
  }, [id]);
  return (
    <section class="panel" aria-label="Log">
      <header>
        <h2>Log</h2>
        <span class="muted small">{isOver ? 'It has ended.' : 'As it happens'}</span>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <div class="log" role="log" aria-label="What happened" tabIndex={0}>
        {lines.map(({ n, at, text }) => (
          <p key={n}>
            <time dateTime={at} title={exact(at)}>
              {new Date(at).toISOString().slice(11, 23)}
            </time>
            <span>{text.replaceAll('_', ' ')}</span>
          </p>
        ))}
      </div>
    </section>
  );
}
