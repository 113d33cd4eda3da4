import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type NewWebhook, Refusal, type Webhook } from './api.ts';
import { Deliveries } from './deliveries.tsx';
import { Head } from './head.tsx';
import { go } from './router.ts';
import { say, tell, useNews } from './state.ts';
import { dated, Time } from './time.tsx';
import { useFresh } from './use_fresh.ts';
import { EditWebhook, hears } from './webhook_form.tsx';
import { DeleteWebhook, RotateSecret, WebhookSecret } from './webhook_questions.tsx';
import { HookState } from './webhooks_page.tsx';

const up = { to: '/webhooks', text: 'Webhooks' };
type Step = 'edit' | 'rotate' | 'delete';

/** One webhook, and what was sent to it. */
export function WebhookPage({ id }: { id: string }) {
  const [hook, set] = useState<Webhook | null>();
  const [step, take] = useState<Step>();
  const [made, show] = useState<NewWebhook>();
  const { load, trouble } = useFresh(async () => set(await present(id)));
  useNews((news) => news === 'webhooks' && load());
  if (hook === null)
    return (
      <Head title="This webhook is not here" up={up}>
        It was deleted, or was never in this account.
      </Head>
    );
  const close = () => take(undefined);
  const changed = async (text: string) => {
    tell('webhooks');
    say(text);
    await load();
    close();
  };
  const button = (name: Step, label: string, kind = '') => (
    <button type="button" class={`btn ${kind}`} onClick={() => take(name)}>
      {label}
    </button>
  );
  const actions = (
    <>
      {button('edit', 'Edit')}
      {button('rotate', 'Rotate secret')}
      {button('delete', 'Delete', 'danger')}
    </>
  );
  return (
    <>
      <Head title={hook?.url ?? 'Webhook'} up={up} action={actions} isWaiting={!hook}>
        {hook ? <HookState of={hook} /> : <span class="chip blank">…</span>}
      </Head>
      <Trouble of={trouble} again={load} />
      <section class="panel" aria-label="Facts" aria-busy={!hook}>
        {hook ? (
          <dl class="facts">
            <div>
              <dt>Hears of</dt>
              <dd>{hears(hook.events)}</dd>
            </div>
            <div>
              <dt>Made</dt>
              <dd>
                <Time at={hook.created_at} as={dated} />
              </dd>
            </div>
            <div>
              <dt>Description</dt>
              <dd>{hook.description ?? 'none'}</dd>
            </div>
          </dl>
        ) : (
          <div class="facts waiting" />
        )}
      </section>
      {/* Below what has its height by then, so that nothing moves. */}
      {hook && <Deliveries of={id} />}
      {hook && step === 'edit' && (
        <EditWebhook of={hook} onClose={close} onSaved={() => changed('The webhook is changed.')} />
      )}
      {hook && step === 'rotate' && <RotateSecret of={hook} onClose={close} onMade={show} />}
      {hook && step === 'delete' && (
        <DeleteWebhook
          of={hook}
          onClose={close}
          onDeleted={() => {
            tell('webhooks');
            say('The webhook is deleted.');
            go('/webhooks');
          }}
        />
      )}
      {made && (
        <WebhookSecret
          of={made}
          onSaved={() => {
            show(undefined);
            changed('The signing secret is rotated.');
          }}
        />
      )}
    </>
  );
}

/** The webhook, or null where there is none of this id to be seen. */
async function present(id: string): Promise<Webhook | null> {
  try {
    return await api.webhook(id);
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.status === 404) return null;
    throw thrown;
  }
}
