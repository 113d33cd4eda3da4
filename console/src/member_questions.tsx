import { useState } from 'preact/hooks';
import { api, type Me, type Member, type NewLink, Refusal, type ResetLink } from './api.ts';
import { useAttempt } from './attempt.ts';
import { given, type Role } from './member_rank.ts';
import { OnceShown } from './once_shown.tsx';
import { Question } from './question.tsx';
import { useFresh } from './use_fresh.ts';

interface Asking {
  onClose(): void;
}

/** Invites somebody, in a role that is none above one's own. */
export function Invite({ me, onClose, onMade }: Asking & { me: Me; onMade(link: NewLink): void }) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const attempt = useAttempt();
  const submit = async () => {
    const body = { email: email.trim(), role };
    const made = await api.invite(body, attempt(body));
    onClose();
    onMade(made);
  };
  return (
    <Question title="Invite somebody" verb="Invite" onClose={onClose} onSubmit={submit}>
      <div class="field">
        <label for="invite-email">E-mail</label>
        <input
          id="invite-email"
          type="email"
          required
          maxLength={320}
          autoComplete="off"
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </div>
      <Roles of={given(me)} value={role} onChange={setRole} />
    </Question>
  );
}

function Roles({ of: choices, value, onChange }: { of: Role[]; value: Role; onChange(role: Role): void }) {
  const [words, know] = useState<Record<string, string>>({});
  useFresh(async () => {
    const { results } = await api.roles();
    know(Object.fromEntries(results.map(({ role, description }) => [role, description])));
  });
  return (
    <fieldset>
      <legend>Role</legend>
      {choices.map((role) => (
        <label key={role} class="check">
          <input type="radio" name="role" checked={value === role} onChange={() => onChange(role)} />
          <span>
            {titled(role)}
            <span class="sub">{words[role] ?? ' '}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** “Owner”. */
export const titled = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);

interface About extends Asking {
  of: Member;
  onDone(text: string): Promise<void>;
}

/** Gives a member another role. */
export function ChangeRole({ me, of: member, onClose, onDone }: About & { me: Me }) {
  const [role, setRole] = useState<Role>(member.role ?? 'viewer');
  const submit = async () => {
    await api.updateMember(member.id, { role });
    await onDone(`${member.name} is ${titled(role)} now.`);
  };
  return (
    <Question title={`Role of “${member.name}”`} verb="Save" onClose={onClose} onSubmit={submit}>
      <p class="muted">It holds at once, for their keys as well.</p>
      <Roles of={given(me)} value={role} onChange={setRole} />
    </Question>
  );
}

/** Asks before a member is kept out; they come back as they were. */
export function DisableMember({ of: member, onClose, onDone }: About) {
  const submit = async () => {
    await api.updateMember(member.id, { enabled: false });
    await onDone(`${member.name} is disabled.`);
  };
  return (
    <Question title={`Disable “${member.name}”?`} verb="Disable member" isDanger onClose={onClose} onSubmit={submit}>
      <p>Their sessions and {keysOf(member)} are refused at once, and hold again when they are enabled.</p>
    </Question>
  );
}

const keysOf = ({ keys }: Member) =>
  keys === 1 ? 'their active key' : keys === 0 ? 'keys' : `their ${keys} active keys`;

/** Asks before a member is taken out of the account, and their keys with them. */
export function RemoveMember({ of: member, onClose, onDone }: About) {
  const submit = async () => {
    try {
      await api.removeMember(member.id);
    } catch (thrown) {
      // Somebody was faster, or the answer to the first try was lost.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    await onDone(`${member.name} is removed.`);
  };
  return (
    <Question title={`Remove “${member.name}”?`} verb="Remove member" isDanger onClose={onClose} onSubmit={submit}>
      <p>
        Their sessions in this account and {keysOf(member)} end for good. What they made stays. To keep them out for a
        while, disable them instead.
      </p>
    </Question>
  );
}

/** Makes a link with which a member chooses a new password. */
export function ResetMember({ of: member, onClose, onMade }: Asking & { of: Member; onMade(link: ResetLink): void }) {
  const attempt = useAttempt();
  const submit = async () => {
    const made = await api.resetMember(member.id, attempt(member.id));
    onClose();
    onMade(made);
  };
  return (
    <Question title={`New password for “${member.name}”?`} verb="Make link" onClose={onClose} onSubmit={submit}>
      <p>
        A link for {member.email}, good once, for 24 hours. Their sessions end when it is used; until then nothing
        changes.
      </p>
    </Question>
  );
}

interface Passing {
  email: string;
  of: Pick<NewLink, 'url'>;
  onSaved(): void;
}

/** A link that was not mailed, to pass on. */
export function PassOn({ email, of: link, onSaved }: Passing) {
  return (
    <OnceShown
      title="Copy the link now"
      secret={link.url}
      what="link"
      about={
        <>
          This server sends no mail: pass the link on to {email} yourself. It is good once, for 24 hours, and whoever
          has it chooses the password. This is the only time it is shown.
        </>
      }
      lost="It was made by your first try, whose answer did not arrive. Links are not shown again: make another, which ends this one."
      onSaved={onSaved}
    />
  );
}
