import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type Key, type Scope, type SecretKey } from './api.ts';
import { useAttempt } from './attempt.ts';
import { bodyOf, changesOf, type Draft, draftOf } from './key_draft.ts';
import { Bounds, Expiry, Rights } from './key_fields.tsx';
import { Question } from './question.tsx';

interface Making {
  onClose(): void;
  onMade(key: SecretKey): void;
  /** It is no question in front of the page, but stands in it. */
  isBeside?: boolean;
}

/** Makes a key. What was typed stays until it is made, whatever is refused on the way. */
export function GenerateKey({ onClose, onMade, isBeside }: Making) {
  const [draft, setDraft] = useState(draftOf());
  const attempt = useAttempt();
  return (
    <KeyForm
      title="Generate new key"
      verb="Generate"
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      isBeside={isBeside}
      onSubmit={async () => {
        const body = bodyOf(draft);
        // By what was typed: the time that an end is counted from differs at each try.
        const made = await api.createKey(body, attempt(draft));
        onClose();
        onMade(made);
      }}
    />
  );
}

/** Changes a key, or switches it off and on. */
export function EditKey({ of: key, onClose, onSaved }: { of: Key; onClose(): void; onSaved(): Promise<void> }) {
  const before = useRef(draftOf(key));
  const [draft, setDraft] = useState(before.current);
  return (
    <KeyForm
      title={`Edit “${key.name}”`}
      verb="Save"
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      canSwitch
      onSubmit={async () => {
        const changes = changesOf(before.current, draft);
        if (Object.keys(changes).length === 0) return onClose();
        await api.updateKey(key.id, changes);
        await onSaved();
      }}
    />
  );
}

interface Props {
  title: string;
  verb: string;
  draft: Draft;
  onDraft(draft: Draft): void;
  onClose(): void;
  onSubmit(): Promise<void>;
  canSwitch?: boolean;
  isBeside?: boolean | undefined;
}

function KeyForm({ title, verb, draft, onDraft, onClose, onSubmit, canSwitch, isBeside }: Props) {
  const [scopes, setScopes] = useState<Scope[]>([]);
  useEffect(() => {
    api.scopes().then(
      ({ results }) => setScopes(results.filter(({ scope }) => scope !== '*')),
      // Whoever chooses then finds none; the key with all rights needs no list.
      () => undefined,
    );
  }, []);
  const set = (changes: Partial<Draft>) => onDraft({ ...draft, ...changes });
  return (
    <Question title={title} verb={verb} onClose={onClose} onSubmit={onSubmit} isBeside={isBeside}>
      <div class="field">
        <label for="key-name">Name</label>
        <input
          id="key-name"
          type="text"
          required
          maxLength={64}
          autoComplete="off"
          placeholder="Production server"
          value={draft.name}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </div>
      {canSwitch && (
        <label class="check">
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          <span>
            Enabled
            <span class="sub">Switched off, it is refused until it is on again.</span>
          </span>
        </label>
      )}
      <Rights draft={draft} set={set} scopes={scopes} />
      <Expiry draft={draft} set={set} />
      <Bounds draft={draft} set={set} />
    </Question>
  );
}
