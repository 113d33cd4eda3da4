import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type Overview, type Usage } from './api.ts';
import { NeedsYou } from './attention.tsx';
import { Bars } from './bars.tsx';
import { Command } from './command.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { counted, lasted, number } from './number.ts';
import { go } from './router.ts';
import { me } from './session.ts';
import { useNews } from './state.ts';
import { dated, Time } from './time.tsx';
import { useFresh } from './use_fresh.ts';

const day = 86_400_000;
const days = 30;

/** What happened, and what needs somebody. */
export function OverviewPage() {
  const [overview, setOverview] = useState<Overview>();
  const [usage, setUsage] = useState<Usage>();
  const { load, trouble } = useFresh(async () => {
    const [all, used] = await Promise.all([api.overview(), api.usage({ by: 'day' })]);
    setOverview(all);
    setUsage(used);
  });
  useNews((news) => news === 'keys' && load());
  return (
    <>
      <Head
        title="Overview"
        action={
          <button type="button" class="btn primary" onClick={() => go('/keys?generate')}>
            Generate new key
          </button>
        }
      >
        <Lead of={overview} />
      </Head>
      <Trouble of={trouble} again={load} />
      {/* Others than those that waited: nothing of those moves. */}
      <div key={overview ? 'figures' : 'waiting'}>
        <Cards of={overview} />
        <section class="panel" aria-labelledby="requests" aria-busy={!usage}>
          <header>
            <h2 id="requests">Requests, last {days} days</h2>
            {usage && <span class="muted small">{number(usage.requests)} in all</span>}
          </header>
          <Bars label="Requests a day" of={usage && daily(usage)} />
        </section>
        <NeedsYou list={overview?.attention} onDone={load} />
        {usage?.requests === 0 && <FirstRequest />}
      </div>
    </>
  );
}

/** Each of the last days, also those on which nothing was asked. */
function daily({ to, rows }: Usage) {
  const counts = new Map(rows.map(({ day: of, requests }) => [of, requests]));
  return Array.from({ length: days }, (_, at) => {
    const date = new Date(Date.parse(to) - (days - 1 - at) * day).toISOString();
    return { name: dated(date), value: counts.get(date.slice(0, 10)) ?? 0 };
  });
}

function Lead({ of: overview }: { of: Overview | undefined }) {
  const user = me.use();
  if (!overview) return <>What happened here, and what needs you.</>;
  const needs = overview.attention.length;
  return (
    <>
      {needs === 0 ? 'Everything is in order.' : `${counted(needs, 'thing')} ${needs === 1 ? 'needs' : 'need'} you.`}
      {user?.last_sign_in_at && (
        <>
          {' '}
          Last sign-in <Time at={user.last_sign_in_at} />.
        </>
      )}
    </>
  );
}

function Cards({ of: overview }: { of: Overview | undefined }) {
  const { requests, refusals, keys, runs, latency_ms, attention } = overview ?? {};
  const ending = attention?.filter(({ kind }) => kind === 'key_expires').length ?? 0;
  const share = requests && requests.today > 0 ? ((refusals?.today ?? 0) / requests.today) * 100 : 0;
  return (
    <div class="cards">
      <Card name="Requests today" value={requests && number(requests.today)}>
        {requests && `${number(share)} % refused, ${number(requests.yesterday)} yesterday`}
      </Card>
      <Card name="Active keys" value={keys && number(keys.active)} to="/keys">
        {keys && (ending > 0 ? `${counted(ending, 'key')} ending soon` : `of ${keys.most} that you may have`)}
      </Card>
      <Card name="Runs today" value={runs && number(runs.today)} to="/runs">
        {runs && `${number(runs.running)} at work, ${number(runs.failed_today)} failed`}
      </Card>
      <Card name="p99 latency" value={latency_ms && (latency_ms.p99 === null ? '–' : lasted(latency_ms.p99))}>
        {latency_ms && 'of this server, today'}
      </Card>
    </div>
  );
}

interface CardProps {
  name: string;
  /** Undefined while it is on its way. */
  value: string | undefined;
  to?: string;
  children: ComponentChildren;
}

function Card({ name, value, to, children }: CardProps) {
  const inside = (
    <>
      <small>{name}</small>
      <b>{value ?? '\u00a0'}</b>
      <small>{children || '\u00a0'}</small>
    </>
  );
  return to ? (
    <Link class="panel card" to={to}>
      {inside}
    </Link>
  ) : (
    <div class="panel card">{inside}</div>
  );
}

function FirstRequest() {
  return (
    <section class="panel" aria-labelledby="first">
      <header>
        <h2 id="first">The first request</h2>
      </header>
      <div class="empty">
        <p class="muted">Generate a key, and ask who you are with it:</p>
        <Command>{`export LATCHKEY_API_KEY=YOUR_KEY
curl ${location.origin}/v1/me \\
  -H "Authorization: Bearer $LATCHKEY_API_KEY"`}</Command>
      </div>
    </section>
  );
}
