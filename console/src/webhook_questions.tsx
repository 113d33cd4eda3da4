import { api, type NewWebhook, Refusal, type Webhook } from './api.ts';
import { useAttempt } from './attempt.ts';
import { OnceShown } from './once_shown.tsx';
import { Question } from './question.tsx';

/** The secret that signs, this once. */
export function WebhookSecret({ of: hook, onSaved }: { of: NewWebhook; onSaved(): void }) {
  return (
    <OnceShown
      title="Copy the signing secret now"
      secret={hook.secret}
      what="secret"
      about={
        <>
          Whoever receives at {hook.url} checks with it that a message is from here. This is the only time it is shown:
          if it is lost, rotate it.
        </>
      }
      lost="It was made by your first try, whose answer did not arrive. Secrets are not shown again: rotate it."
      onSaved={onSaved}
    />
  );
}

interface Asking {
  of: Webhook;
  onClose(): void;
}

/** Gives a webhook a new secret, while messages carry the signatures of both. */
export function RotateSecret({ of: hook, onClose, onMade }: Asking & { onMade(hook: NewWebhook): void }) {
  const attempt = useAttempt();
  const rotate = async () => {
    const made = await api.rotateWebhookSecret(hook.id, attempt(hook.id));
    onClose();
    onMade(made);
  };
  return (
    <Question title="Rotate the signing secret?" verb="Rotate" onClose={onClose} onSubmit={rotate}>
      <p>
        For 24 hours each message to {hook.url} carries the signatures of both, so that nothing is missed meanwhile.
      </p>
    </Question>
  );
}

/** Asks before nothing more is sent to an address. */
export function DeleteWebhook({ of: hook, onClose, onDeleted }: Asking & { onDeleted(): Promise<void> | void }) {
  const end = async () => {
    try {
      await api.deleteWebhook(hook.id);
    } catch (thrown) {
      // Somebody was faster, or the answer to the first try was lost.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    await onDeleted();
  };
  return (
    <Question title={`Delete “${hook.url}”?`} verb="Delete webhook" isDanger onClose={onClose} onSubmit={end}>
      <p>Nothing is sent there any more, and its deliveries go with it.</p>
    </Question>
  );
}
