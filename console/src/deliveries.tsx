import { useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { api, type Delivery, type DeliveryDetail } from './api.ts';
import { useAttempt } from './attempt.ts';
import { Choice } from './choice.tsx';
import { Empty } from './command.tsx';
import { ListPanel } from './list.tsx';
import { counted } from './number.ts';
import { say } from './state.ts';
import { Time } from './time.tsx';
import { useList } from './use_list.ts';

type State = Delivery['state'];
const words: Record<State, string> = { waiting: 'Waiting', delivered: 'Delivered', failed: 'Failed' };

/** What was sent to a webhook, as it comes. */
export function Deliveries({ of: hook }: { of: string }) {
  const [state, choose] = useState<State | ''>('');
  const list = useList((part) => api.deliveries(hook, { ...part, ...(state && { state }) }), {
    by: hook + state,
    period: 5000,
  });
  const filter = (
    <Choice name="state" label="State" value={state} onChange={(value) => choose(value as State | '')}>
      {[['', 'All'], ...Object.entries(words)]}
    </Choice>
  );
  return (
    <ListPanel
      title="Deliveries"
      of={list}
      columns={['Event', 'State', 'When', '']}
      row={(one) => <Row key={one.id} of={one} onReplayed={list.load} />}
      action={filter}
      empty={
        state ? (
          <Empty title={`Nothing is ${words[state].toLowerCase()}`} />
        ) : (
          <Empty title="Nothing was sent yet" command="npx latchkey keys create hello">
            Do something that it hears of, such as:
          </Empty>
        )
      }
    />
  );
}

function Row({ of: one, onReplayed }: { of: Delivery; onReplayed(): Promise<void> }) {
  const id = `name-${one.id}`;
  const attempt = useAttempt();
  const [times, again] = useState(0);
  const replay = useAction(async () => {
    await api.replayDelivery(one.id, attempt(times));
    again(times + 1);
    say(`“${one.event}” is sent again.`);
    await onReplayed();
  });
  const kind = { waiting: 'warn', delivered: 'good', failed: 'bad' }[one.state];
  return (
    <tr>
      <td>
        <b id={id}>{one.event}</b>
        <Detail of={one} />
        <Trouble of={replay.trouble} again={replay.run} />
      </td>
      <td class="state">
        <span class={`chip ${kind}`}>
          {words[one.state]}
          {one.status !== null && `, ${one.status}`}
        </span>
        {one.attempts > 1 && <span class="sub">{counted(one.attempts, 'try', 'tries')}</span>}
      </td>
      <td class="wide">
        <Time at={one.last_attempt_at ?? one.created_at} />
        {one.next_attempt_at && (
          <span class="sub">
            again <Time at={one.next_attempt_at} />
          </span>
        )}
      </td>
      <td class="act wide">
        {one.state !== 'waiting' && (
          <button
            type="button"
            class="btn small"
            aria-describedby={id}
            aria-disabled={replay.isBusy}
            onClick={replay.run}
          >
            Send again
          </button>
        )}
      </td>
    </tr>
  );
}

/** What was sent and what was answered, read when it is looked at. */
function Detail({ of: one }: { of: Delivery }) {
  const [detail, set] = useState<DeliveryDetail>();
  const { run, trouble } = useAction(async () => set(await api.delivery(one.id)));
  const { request, answer } = detail ?? {};
  return (
    <details class="more-of" onToggle={(event) => event.currentTarget.open && run()}>
      <summary>Request and answer</summary>
      <Trouble of={trouble} again={run} />
      {request && (
        <>
          <Text title="Sent">{`${lines(request.headers)}\n\n${request.body}`}</Text>
          <Text title="Answered">{answer ? answered(answer) : 'Nothing yet.'}</Text>
        </>
      )}
    </details>
  );
}

const lines = (headers: Record<string, string>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');

const answered = ({ status, body, error }: NonNullable<DeliveryDetail['answer']>) =>
  [status === null ? '' : String(status), error ?? '', body ?? ''].filter(Boolean).join('\n');

function Text({ title, children }: { title: string; children: string }) {
  return (
    <>
      <p class="sub">{title}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </>
  );
}
