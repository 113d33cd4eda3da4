import { useState } from 'preact/hooks';
import { api, type Invitation, Refusal } from './api.ts';
import { ListPanel } from './list.tsx';
import { titled } from './member_questions.tsx';
import { Question } from './question.tsx';
import { say, tell } from './state.ts';
import { Time } from './time.tsx';
import { useList } from './use_list.ts';

/** Who was invited and has not come yet. `turn` changes where there may be another. */
export function Invitations({ turn, onInvite }: { turn: number; onInvite(): void }) {
  const list = useList((part) => api.invitations(part), { by: String(turn), news: 'members' });
  const [ending, end] = useState<Invitation>();
  return (
    <>
      <ListPanel
        title="Invitations"
        of={list}
        columns={['Invited', 'Role', 'Ends', '']}
        row={(one) => <Row key={one.id} of={one} onEnd={end} />}
        empty={
          <div class="empty">
            <p>
              <b>Nobody is invited just now</b>
            </p>
            <p>
              <button type="button" class="btn small" onClick={onInvite}>
                Invite somebody
              </button>
            </p>
          </div>
        }
      />
      {ending && (
        <EndInvitation
          of={ending}
          onClose={() => end(undefined)}
          onEnded={async () => {
            tell('members');
            say(`The invitation of ${ending.email} is taken back.`);
            await list.load();
            end(undefined);
          }}
        />
      )}
    </>
  );
}

function Row({ of: one, onEnd }: { of: Invitation; onEnd(one: Invitation): void }) {
  const id = `name-${one.id}`;
  return (
    <tr>
      <td>
        <b id={id}>{one.email}</b>
        <span class="sub">by {one.invited_by.name}</span>
      </td>
      <td class="state">{titled(one.role)}</td>
      <td class="wide">
        ends <Time at={one.expires_at} />
      </td>
      <td class="act wide">
        <button type="button" class="btn small danger" aria-describedby={id} onClick={() => onEnd(one)}>
          Take back
        </button>
      </td>
    </tr>
  );
}

interface Ending {
  of: Invitation;
  onClose(): void;
  onEnded(): Promise<void>;
}

function EndInvitation({ of: one, onClose, onEnded }: Ending) {
  const submit = async () => {
    try {
      await api.endInvitation(one.id);
    } catch (thrown) {
      // It was taken up, or taken back, in between.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    await onEnded();
  };
  return (
    <Question
      title={`Take back the invitation of “${one.email}”?`}
      verb="Take it back"
      isDanger
      onClose={onClose}
      onSubmit={submit}
    >
      <p>Its link opens nothing any more.</p>
    </Question>
  );
}
