import { useState } from 'preact/hooks';
import { api, type NewWebhook, type Webhook } from './api.ts';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { ListPanel } from './list.tsx';
import { go } from './router.ts';
import { say, tell } from './state.ts';
import { dated, Time } from './time.tsx';
import { useList } from './use_list.ts';
import { AddWebhook, hears } from './webhook_form.tsx';
import { WebhookSecret } from './webhook_questions.tsx';

/** Where events are sent. */
export function WebhooksPage() {
  const list = useList((part) => api.webhooks(part), { news: 'webhooks' });
  const [isAdding, add] = useState(false);
  const [made, show] = useState<NewWebhook>();
  return (
    <>
      <Head
        title="Webhooks"
        action={
          <button type="button" class="btn primary" onClick={() => add(true)}>
            Add webhook
          </button>
        }
      >
        An address of yours that is told when keys and pipelines come, change and go. Each message is signed.
      </Head>
      <ListPanel
        title="Endpoints"
        of={list}
        columns={['Address', 'State', 'Hears of', 'Made']}
        row={(hook) => <Row key={hook.id} of={hook} />}
        empty={
          <Empty title="No webhooks yet" command={adding()}>
            Add one here, or with a key that has the scope webhooks:write:
          </Empty>
        }
      />
      {isAdding && <AddWebhook onClose={() => add(false)} onMade={show} />}
      {made && (
        <WebhookSecret
          of={made}
          onSaved={() => {
            show(undefined);
            tell('webhooks');
            say('The webhook is added.');
            go(`/webhooks/${made.id}`);
          }}
        />
      )}
    </>
  );
}

const adding = () => `curl ${location.origin}/v1/webhooks \\
  -H "Authorization: Bearer $LATCHKEY_API_KEY" \\
  --json '{"url": "https://example.com/hooks", "events": ["*"]}'`;

function Row({ of: hook }: { of: Webhook }) {
  return (
    <tr>
      <td>
        <Link class="name" to={`/webhooks/${hook.id}`}>
          {hook.url}
        </Link>
        {hook.description && <span class="sub">{hook.description}</span>}
      </td>
      <td class="state">
        <HookState of={hook} />
      </td>
      <td class="hide-s">{hears(hook.events)}</td>
      <td class="wide">
        <Time at={hook.created_at} as={dated} />
      </td>
    </tr>
  );
}

/** Whether anything is sent there, as a word with a colour. */
export function HookState({ of: { enabled } }: { of: Webhook }) {
  return <span class={`chip ${enabled ? 'good' : 'warn'}`}>{enabled ? 'Enabled' : 'Disabled'}</span>;
}
