import { useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { type Attention, api, type Key, type SecretKey } from './api.ts';
import { isAlive, mayRotate } from './key_facts.tsx';
import { RevokeKey, RotateKey, Secret } from './key_questions.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { go } from './router.ts';
import { me } from './session.ts';
import { say, tell } from './state.ts';
import { Time } from './time.tsx';

type Step = { name: 'rotate' | 'revoke'; key: Key };

/** What needs somebody, each with what can be done about it. */
export function NeedsYou({ list, onDone }: { list: Attention[] | undefined; onDone(): Promise<void> }) {
  const [step, take] = useState<Step>();
  const [made, show] = useState<SecretKey>();
  const told = (text: string) => {
    tell('keys');
    say(text);
    return onDone();
  };
  return (
    <section class="panel" aria-labelledby="needs" aria-busy={!list}>
      <header>
        <h2 id="needs">What needs you</h2>
      </header>
      {list?.length === 0 ? (
        <p class="empty muted">Nothing. Keys that end soon or lie unused, and webhooks that fail, are told here.</p>
      ) : (
        <Table
          columns={[]}
          rows={list?.map((one) => <Row key={`${one.kind} ${one.subject}`} of={one} onStep={take} />)}
        />
      )}
      {step?.name === 'rotate' && <RotateKey of={step.key} onClose={() => take(undefined)} onMade={show} />}
      {step?.name === 'revoke' && (
        <RevokeKey
          of={step.key}
          onClose={() => take(undefined)}
          onRevoked={async () => {
            await told(`“${step.key.name}” is revoked.`);
            take(undefined);
          }}
        />
      )}
      {made && (
        <Secret
          of={made}
          first={null}
          onSaved={() => {
            show(undefined);
            told(`“${made.name}” has a new secret.`);
          }}
        />
      )}
    </section>
  );
}

/** What stands before the time of each kind. */
const before = {
  key_expires: '',
  key_unused: ' Last used',
  key_new_network: ' Last used',
  webhook_failing: ' It was sent',
};

function Row({ of: one, onStep }: { of: Attention; onStep(step: Step): void }) {
  const user = me.use();
  const name = one.kind === 'key_expires' ? 'rotate' : 'revoke';
  const id = `needs-${one.kind}-${one.subject}`;
  const { run, isBusy, trouble } = useAction(async () => {
    const key = await api.key(one.subject);
    if (name === 'rotate' ? mayRotate(key, user) : isAlive(key)) return onStep({ name, key });
    go('/keys');
  });
  return (
    <tr>
      <td>
        <b id={id}>{one.kind === 'webhook_failing' ? `Webhook to ${one.name}` : `“${one.name}”`}</b>
        <span class="sub">
          {one.kind === 'key_expires' ? 'Ends' : one.detail}
          {one.at && (
            <>
              {before[one.kind]} <Time at={one.at} />.
            </>
          )}
        </span>
        <Trouble of={trouble} again={run} />
      </td>
      <td class="act">
        {one.kind === 'webhook_failing' ? (
          <Link class="btn small" to="/webhooks" aria-describedby={id}>
            Look
          </Link>
        ) : (
          <button
            type="button"
            class={`btn small ${name === 'revoke' ? 'danger' : ''}`}
            aria-describedby={id}
            aria-disabled={isBusy}
            onClick={run}
          >
            {name === 'rotate' ? 'Rotate' : 'Revoke'}
          </button>
        )}
      </td>
    </tr>
  );
}
