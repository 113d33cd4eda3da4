import { counted, number } from './number.ts';

/** One bar: what it stands for, and its figures. */
export interface Bar {
  /** As it is read aloud and shown on hover: “18 Feb 2026”. */
  name: string;
  requests: number;
  refusals: number;
}

/** “1,204 requests, 3 refused”. */
export const figures = ({ requests, refusals }: Omit<Bar, 'name'>) =>
  `${counted(requests, 'request')}${refusals > 0 ? `, ${number(refusals)} refused` : ''}`;

const height = 120;
const step = 10;

/** Requests as bars, what was refused of them in red. The same figures stand in a table beside it: `about` says what they are. */
export function Bars({ bars, about }: { bars: Bar[]; about: string }) {
  const most = Math.max(1, ...bars.map(({ requests }) => requests));
  const high = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / most) * height));
  return (
    <figure class="chart">
      <p class="scale muted small" aria-hidden="true">
        <span>{number(most)}</span>
        <span class="key">
          <i class="some" /> requests <i class="no" /> refused
        </span>
      </p>
      <svg viewBox={`0 0 ${bars.length * step} ${height}`} preserveAspectRatio="none" role="img" aria-label={about}>
        {bars.map(({ name, requests, refusals }, at) => (
          <g key={name}>
            <title>{`${name}: ${figures({ requests, refusals })}`}</title>
            <rect class="room" x={at * step} y={0} width={step} height={height} />
            <rect
              class="some"
              x={at * step + 0.75}
              y={height - high(requests)}
              width={step - 1.5}
              height={high(requests)}
            />
            <rect
              class="no"
              x={at * step + 0.75}
              y={height - high(refusals)}
              width={step - 1.5}
              height={high(refusals)}
            />
          </g>
        ))}
      </svg>
      <p class="scale muted small" aria-hidden="true">
        <span>{bars[0]?.name}</span>
        <span>{bars.at(-1)?.name}</span>
      </p>
    </figure>
  );
}

/** A part of the most, as a bar in a row of a table. */
export function Share({ of: value, most }: { of: number; most: number }) {
  return (
    <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="some" width={Math.max(0.5, (value / Math.max(1, most)) * 100)} height={8} rx={1} />
    </svg>
  );
}
