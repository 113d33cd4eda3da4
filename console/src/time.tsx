const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const dates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** “2 minutes ago”, “yesterday”, “in 6 days”. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? [undefined, 1];
  if (!unit) return seconds > 0 ? 'in a moment' : 'just now';
  return relative.format(Math.trunc(seconds / size), unit);
}

/** “12 Oct 2026”. */
export const dated = (time: string) => dates.format(new Date(time));

export const exact = (time: string) => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A time as people say it, with the exact one beside it. */
export function Time({ at, as = ago }: { at: string; as?: (time: string) => string }) {
  return (
    <time dateTime={at} title={exact(at)}>
      {as(at)}
    </time>
  );
}
