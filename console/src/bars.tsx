import { number } from './number.ts';

export interface Bar {
  /** What it is about: a day, for example. */
  name: string;
  value: number;
}

/** Figures as bars, each with its name and value on hover; for who does not see them, the highest and the sum. */
export function Bars({ label, of: bars }: { label: string; of: Bar[] | undefined }) {
  const most = Math.max(1, ...(bars ?? []).map(({ value }) => value));
  const sum = (bars ?? []).reduce((all, { value }) => all + value, 0);
  return (
    <div class="bars" role="img" aria-label={bars ? `${label}: ${number(sum)} in all, ${number(most)} at most` : label}>
      {bars?.map(({ name, value }) => (
        <span key={name} title={`${name}: ${number(value)}`}>
          <i class={value === 0 ? 'none' : ''} style={{ height: `${(value / most) * 100}%` }} />
        </span>
      ))}
    </div>
  );
}
