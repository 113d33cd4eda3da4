import { useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { api, type Member, type NewLink } from './api.ts';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { Invitations } from './invitations.tsx';
import { ListPanel } from './list.tsx';
import { ChangeRole, DisableMember, Invite, PassOn, RemoveMember, ResetMember, titled } from './member_questions.tsx';
import { manages, mayChange } from './member_rank.ts';
import { counted } from './number.ts';
import { Search, useSearch } from './search.tsx';
import { lastRole, me } from './session.ts';
import { say, tell } from './state.ts';
import { dated, Time } from './time.tsx';
import { useList } from './use_list.ts';

type Step = { name: 'invite' } | { name: 'role' | 'disable' | 'reset' | 'remove'; member: Member };
type Passed = { email: string; link: Pick<NewLink, 'url' | 'mailed'>; text: string };

/** The people of the account; whoever may changes them. */
export function MembersPage() {
  const user = me.use();
  const search = useSearch();
  const list = useList((part) => api.members({ ...part, ...(search.sent && { query: search.sent }) }), {
    by: search.sent,
    news: 'members',
  });
  const [step, take] = useState<Step>();
  const [passed, pass] = useState<Passed>();
  const [turn, next] = useState(0);
  const close = () => take(undefined);
  const done = async (text: string) => {
    tell('members');
    say(text);
    next(turn + 1);
    await list.load();
    close();
  };
  const made = (email: string, link: Passed['link'], text: string) =>
    link.mailed ? done(text) : pass({ email, link, text });
  const isManager = manages(user);
  return (
    <>
      <Head
        title="Members"
        isWaiting={!user && (lastRole.get() === 'owner' || lastRole.get() === 'admin')}
        action={
          isManager && (
            <button type="button" class="btn primary" onClick={() => take({ name: 'invite' })}>
              Invite
            </button>
          )
        }
      >
        The people of the account, and what each may do.
      </Head>
      <ListPanel
        title="People"
        of={list}
        columns={['Member', 'Role', 'Last sign-in', ...(isManager ? [''] : [])]}
        row={(member) => <Row key={member.id} of={member} onStep={take} onDone={done} />}
        action={<Search of={search} label="Search members" />}
        empty={<Empty title={`Nobody has “${search.sent}” in their name or address`} />}
      />
      {/* Below what has its height by then, so that nothing moves. */}
      {isManager && list.rows && <Invitations turn={turn} onInvite={() => take({ name: 'invite' })} />}
      {user && step?.name === 'invite' && (
        <Invite me={user} onClose={close} onMade={(link) => made(link.email, link, `${link.email} is invited.`)} />
      )}
      {user && step?.name === 'role' && <ChangeRole me={user} of={step.member} onClose={close} onDone={done} />}
      {step?.name === 'disable' && <DisableMember of={step.member} onClose={close} onDone={done} />}
      {step?.name === 'remove' && <RemoveMember of={step.member} onClose={close} onDone={done} />}
      {step?.name === 'reset' && (
        <ResetMember
          of={step.member}
          onClose={close}
          onMade={(link) => made(step.member.email, link, `A link is on its way to ${step.member.email}.`)}
        />
      )}
      {passed && (
        <PassOn
          email={passed.email}
          of={passed.link}
          onSaved={() => {
            pass(undefined);
            done(passed.text.replace('is on its way to', 'was made for'));
          }}
        />
      )}
    </>
  );
}

interface Shown {
  of: Member;
  onStep(step: Step): void;
  onDone(text: string): Promise<void>;
}

function Row({ of: member, onStep, onDone }: Shown) {
  const user = me.use();
  const id = `name-${member.id}`;
  const enable = useAction(async () => {
    await api.updateMember(member.id, { enabled: true });
    await onDone(`${member.name} is enabled.`);
  });
  const button = (name: 'role' | 'disable' | 'reset' | 'remove', label: string, kind = '') => (
    <button type="button" class={`btn small ${kind}`} aria-describedby={id} onClick={() => onStep({ name, member })}>
      {label}
    </button>
  );
  return (
    <tr>
      <td>
        <b id={id}>{member.name}</b>
        {member.id === user?.id && <span class="chip you">You</span>}
        {member.email !== member.name && <span class="sub">{member.email}</span>}
        <Trouble of={enable.trouble} again={enable.run} />
      </td>
      <td class="state">
        {member.enabled ? member.role ? titled(member.role) : 'No role' : <span class="chip warn">Disabled</span>}
        <span class="sub">{counted(member.keys, 'active key')}</span>
      </td>
      <td class="wide">
        {member.last_sign_in_at ? (
          <>
            signed in <Time at={member.last_sign_in_at} />
          </>
        ) : (
          'never signed in'
        )}
        <span class="sub">
          here since <Time at={member.created_at} as={dated} />
        </span>
      </td>
      {manages(user) && (
        <td class="act wide">
          {mayChange(user, member) && (
            <>
              {button('role', 'Change role')}
              {button('reset', 'Reset password')}
              {member.enabled ? (
                button('disable', 'Disable')
              ) : (
                <button
                  type="button"
                  class="btn small"
                  aria-describedby={id}
                  aria-disabled={enable.isBusy}
                  onClick={enable.run}
                >
                  Enable
                </button>
              )}
              {button('remove', 'Remove', 'danger')}
            </>
          )}
        </td>
      )}
    </tr>
  );
}
