import { useRef, useState } from 'preact/hooks';
import { api, type Key, Refusal, type SecretKey } from './api.ts';
import { copy } from './copy.ts';
import { Dialog } from './dialog.tsx';
import { lastUse } from './key_facts.tsx';
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
  // The same for every try, so that a lost answer makes no second key.
  const attempt = useRef(crypto.getRandomValues(new Uint32Array(4)).join('-'));
  const rotate = async () => {
    const made = await api.rotateKey(key.id, grace, `${attempt.current}-${grace}`);
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

/** The secret, this once; only the button that says so puts it away. */
export function Secret({
  of: { key, name },
  first,
  onSaved,
}: {
  of: SecretKey;
  first: string | null;
  onSaved(): void;
}) {
  const [said, setSaid] = useState('');
  const shown = useRef<HTMLElement>(null);
  if (key === null)
    return (
      <Dialog title="The key was made, its secret is lost">
        <p>
          “{name}” was made by your first try, whose answer did not arrive. Secrets are not kept, so it cannot be shown
          again: revoke it, and generate another.
        </p>
        <footer>
          <button type="button" class="btn primary" onClick={onSaved}>
            To the list
          </button>
        </footer>
      </Dialog>
    );
  return (
    <Dialog title="Copy your new key now">
      <p class="muted">
        “{name}” is ready. For your safety this is the only time it is shown: if it is lost, revoke it and generate
        another.
      </p>
      <div class="secret">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
        <code ref={shown} tabIndex={0}>
          {key}
        </code>
        <button
          type="button"
          class="btn"
          onClick={async () => setSaid((await copy(key, shown.current)) ? 'Copied' : 'Select the key, and copy it')}
        >
          Copy
        </button>
      </div>
      <Snippets apiKey={key} first={first} />
      <footer>
        <span class="muted small" role="status">
          {said}
        </span>
        <button type="button" class="btn primary" onClick={onSaved}>
          I have saved it
        </button>
      </footer>
    </Dialog>
  );
}
