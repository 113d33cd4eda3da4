import { useState } from 'preact/hooks';
import { api, type Key, Refusal, type SecretKey } from './api.ts';
import { useAttempt } from './attempt.ts';
import { lastUse } from './key_facts.tsx';
import { OnceShown } from './once_shown.tsx';
import { Question } from './question.tsx';
import { Snippets } from './snippets.tsx';

/** Asks before a key ends. It has ended when the server has said so, and not before. */
export function RevokeKey({ of: key, onClose, onRevoked }: { of: Key; onClose(): void; onRevoked(): Promise<void> }) {
  const revoke = async () => {
    try {
      await api.revokeKey(key.id);
    } catch (thrown) {
      // Somebody was faster, or the answer to the first try was lost.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    await onRevoked();
  };
  return (
    <Question title={`Revoke “${key.name}”?`} verb="Revoke key" isDanger onClose={onClose} onSubmit={revoke}>
      <p>
        <code>{key.display.replace(/\.+$/, '…')}</code> is refused from then on, and cannot be brought back;{' '}
        {lastUse(key)}.
      </p>
    </Question>
  );
}

const graces: [seconds: number, text: string][] = [
  [0, 'not at all: it ends now'],
  [3600, '1 hour'],
  [86_400, '24 hours'],
  [604_800, '7 days'],
];

interface Making {
  onClose(): void;
  onMade(key: SecretKey): void;
}

/** Gives a key a new secret, while the old one works on for a while. */
export function RotateKey({ of: key, onClose, onMade }: { of: Key } & Making) {
  const [grace, setGrace] = useState(86_400);
  const attempt = useAttempt();
  const rotate = async () => {
    const made = await api.rotateKey(key.id, grace, attempt(grace));
    onClose();
    onMade(made);
  };
  return (
    <Question title={`Rotate “${key.name}”`} verb="Rotate" onClose={onClose} onSubmit={rotate}>
      <p class="muted">You get a new secret with the same name and rights. The two count as one key.</p>
      <div class="field">
        <label for="grace">The old one works on for</label>
        <select id="grace" value={grace} onChange={(event) => setGrace(Number(event.currentTarget.value))}>
          {graces.map(([seconds, text]) => (
            <option key={seconds} value={seconds}>
              {text}
            </option>
          ))}
        </select>
      </div>
    </Question>
  );
}

/** Asks before a key is switched off, or on again. */
export function SwitchKey({ of: key, onClose, onSwitched }: { of: Key; onClose(): void; onSwitched(): Promise<void> }) {
  const enabled = !key.enabled;
  const submit = async () => {
    await api.updateKey(key.id, { enabled });
    await onSwitched();
  };
  const [verb, about] = enabled
    ? ['Enable', 'It is accepted again at once, with the rights that it had.']
    : ['Disable', `It is refused at once, until it is enabled again; ${lastUse(key)}.`];
  return (
    <Question
      title={`${verb} “${key.name}”?`}
      verb={`${verb} key`}
      isDanger={!enabled}
      onClose={onClose}
      onSubmit={submit}
    >
      <p>{about}</p>
    </Question>
  );
}

interface Shown {
  of: SecretKey;
  first: string | null;
  onSaved(): void;
}

/** The secret, this once, with how it is used. */
export function Secret({ of: { key, name }, first, onSaved }: Shown) {
  return (
    <OnceShown
      title="Copy your new key now"
      secret={key}
      what="key"
      about={`“${name}” is ready. For your safety this is the only time it is shown: if it is lost, revoke it and generate another.`}
      lost={`“${name}” was made by your first try, whose answer did not arrive. Secrets are not kept, so it cannot be shown again: revoke it, and generate another.`}
      onSaved={onSaved}
    >
      <Snippets apiKey={key ?? ''} first={first} />
    </OnceShown>
  );
}
