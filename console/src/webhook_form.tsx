import { useRef, useState } from 'preact/hooks';
import { api, type NewWebhook, type Webhook } from './api.ts';
import { useAttempt } from './attempt.ts';
import { Question } from './question.tsx';

type Event = Webhook['events'][number];

/** What can be heard of, each with what it is. */
const events: [Event, string][] = [
  ['key.created', 'A key was generated or imported.'],
  ['key.revoked', 'A key was ended.'],
  ['key.leaked', 'A key was found where everybody reads it.'],
  ['pipeline.created', 'A pipeline was made.'],
  ['pipeline.updated', 'A pipeline was changed.'],
  ['pipeline.deleted', 'A pipeline was deleted.'],
];

/** What a webhook hears of, in few words. */
export const hears = (events: Webhook['events']) => (events.includes('*') ? 'all events' : events.join(', '));

interface Draft {
  url: string;
  description: string;
  hasAll: boolean;
  events: Event[];
  enabled: boolean;
}

const draftOf = (hook?: Webhook): Draft => ({
  url: hook?.url ?? '',
  description: hook?.description ?? '',
  hasAll: hook?.events.includes('*') ?? true,
  events: hook?.events.filter((event) => event !== '*') ?? [],
  enabled: hook?.enabled ?? true,
});

const bodyOf = ({ url, description, hasAll, events }: Draft) => ({
  url: url.trim(),
  events: hasAll ? (['*'] as Event[]) : events,
  description: description.trim() || null,
});

/** Makes a webhook. */
export function AddWebhook({ onClose, onMade }: { onClose(): void; onMade(hook: NewWebhook): void }) {
  const [draft, setDraft] = useState(draftOf());
  const attempt = useAttempt();
  const submit = async () => {
    const body = bodyOf(draft);
    const made = await api.createWebhook(body, attempt(body));
    onClose();
    onMade(made);
  };
  return <Form title="Add webhook" verb="Add" draft={draft} onDraft={setDraft} onClose={onClose} onSubmit={submit} />;
}

/** Changes one, or switches it off and on. */
export function EditWebhook({
  of: hook,
  onClose,
  onSaved,
}: {
  of: Webhook;
  onClose(): void;
  onSaved(): Promise<void>;
}) {
  const before = useRef(draftOf(hook));
  const [draft, setDraft] = useState(before.current);
  const submit = async () => {
    const [old, now] = [before.current, draft].map((one) => ({ ...bodyOf(one), enabled: one.enabled }));
    const changes = Object.entries(now ?? {}).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(old?.[name as keyof typeof old]),
    );
    if (changes.length === 0) return onClose();
    await api.updateWebhook(hook.id, Object.fromEntries(changes));
    await onSaved();
  };
  return (
    <Form
      title="Edit webhook"
      verb="Save"
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      onSubmit={submit}
      canSwitch
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
}

function Form({ title, verb, draft, onDraft, onClose, onSubmit, canSwitch }: Props) {
  const set = (changes: Partial<Draft>) => onDraft({ ...draft, ...changes });
  return (
    <Question title={title} verb={verb} onClose={onClose} onSubmit={onSubmit}>
      <div class="field">
        <label for="hook-url">Address</label>
        <input
          id="hook-url"
          type="url"
          required
          maxLength={2048}
          autoComplete="off"
          placeholder="https://example.com/hooks/latchkey"
          value={draft.url}
          onInput={(event) => set({ url: event.currentTarget.value })}
        />
      </div>
      <div class="field">
        <label for="hook-about">Description</label>
        <input
          id="hook-about"
          type="text"
          maxLength={255}
          autoComplete="off"
          value={draft.description}
          onInput={(event) => set({ description: event.currentTarget.value })}
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
            <span class="sub">Switched off, nothing is sent until it is on again.</span>
          </span>
        </label>
      )}
      <Events draft={draft} set={set} />
    </Question>
  );
}

function Events({ draft, set }: { draft: Draft; set(changes: Partial<Draft>): void }) {
  const choice = (all: boolean, text: string) => (
    <label class="check">
      <input type="radio" name="events" checked={draft.hasAll === all} onChange={() => set({ hasAll: all })} />
      <span>{text}</span>
    </label>
  );
  const toggle = (event: Event, isHeld: boolean) =>
    set({ events: isHeld ? [...draft.events, event] : draft.events.filter((one) => one !== event) });
  return (
    <fieldset>
      <legend>Hears of</legend>
      {choice(true, 'All events, those of later versions too')}
      {choice(false, 'Only what is chosen')}
      {!draft.hasAll && (
        <div class="scopes">
          {events.map(([event, text]) => (
            <label key={event} class="check">
              <input
                type="checkbox"
                checked={draft.events.includes(event)}
                onChange={({ currentTarget }) => toggle(event, currentTarget.checked)}
              />
              <span>
                <code>{event}</code>
                <span class="sub">{text}</span>
              </span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
