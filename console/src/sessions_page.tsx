import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type Session } from './api.ts';
import { Head } from './head.tsx';
import { Table } from './list.tsx';
import { Question } from './question.tsx';
import { say } from './state.ts';
import { dated, Time } from './time.tsx';
import { useFresh } from './use_fresh.ts';
import { agent } from './user_agent.ts';

const kinds = { console: 'Browser', cli: 'Command line', api: 'Program' };
const nameOf = ({ name, kind }: Session) => name ?? kinds[kind];

/** Where somebody is signed in, and the end of it. */
export function SessionsPage() {
  const [list, setList] = useState<Session[]>();
  const [ending, end] = useState<Session | 'others'>();
  const { load, trouble } = useFresh(async () => setList((await api.sessions()).results));
  const ended = async (text: string) => {
    say(text);
    await load();
    end(undefined);
  };
  return (
    <>
      <Head
        title="Sessions"
        action={
          list &&
          list.length > 1 && (
            <button type="button" class="btn" onClick={() => end('others')}>
              End all others
            </button>
          )
        }
      >
        Where you are signed in with your password. Keys are none of these: they go on when a session ends.
      </Head>
      <section class="panel" aria-label="Your sessions" aria-busy={!list}>
        <Trouble of={trouble} again={load} />
        <Table
          columns={['Session', 'From', 'Last used', '']}
          rows={list?.map((one) => <Row key={one.id} of={one} onEnd={end} />)}
        />
      </section>
      {ending && <EndSession of={ending} onClose={() => end(undefined)} onEnded={ended} />}
    </>
  );
}

function Row({ of: session, onEnd }: { of: Session; onEnd(session: Session): void }) {
  const id = `name-${session.id}`;
  return (
    <tr>
      <td>
        <b id={id}>{nameOf(session)}</b>
        <span class="sub" title={session.user_agent ?? undefined}>
          {agent(session.user_agent) ?? 'unknown program'}
        </span>
      </td>
      <td class="address hide-s">{session.address ?? 'unknown'}</td>
      <td class="wide">
        <Time at={session.last_used_at} />
        <span class="sub">
          since <Time at={session.created_at} as={dated} />, until <Time at={session.expires_at} as={dated} />
        </span>
      </td>
      <td class="act wide">
        {session.current ? (
          <span class="chip good">This one</span>
        ) : (
          <button type="button" class="btn small danger" aria-describedby={id} onClick={() => onEnd(session)}>
            End
          </button>
        )}
      </td>
    </tr>
  );
}

interface Ending {
  of: Session | 'others';
  onClose(): void;
  onEnded(text: string): Promise<void>;
}

function EndSession({ of: which, onClose, onEnded }: Ending) {
  const submit = async () => {
    if (which !== 'others') {
      await api.endSession(which.id);
      return onEnded(`“${nameOf(which)}” is signed out.`);
    }
    const { ended } = await api.endOtherSessions();
    await onEnded(`${ended === 1 ? 'One other session is' : `${ended} other sessions are`} signed out.`);
  };
  const [title, verb] =
    which === 'others' ? ['End all other sessions?', 'End the others'] : [`End “${nameOf(which)}”?`, 'End it'];
  return (
    <Question title={title} verb={verb} isDanger onClose={onClose} onSubmit={submit}>
      <p>Whoever works there has to sign in again. This browser stays signed in.</p>
    </Question>
  );
}
