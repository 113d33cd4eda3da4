import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type Key, Refusal } from './api.ts';
import { AuditOfKey } from './audit_list.tsx';
import { Head } from './head.tsx';
import { isAlive, isEditable, may, mayRotate, State } from './key_facts.tsx';
import { type Step, useKeySteps } from './key_steps.tsx';
import { Link } from './link.tsx';
import { number } from './number.ts';
import { go } from './router.ts';
import { me } from './session.ts';
import { useNews } from './state.ts';
import { dated, Time } from './time.tsx';
import { UsageOfKey } from './usage_figures.tsx';
import { useFresh } from './use_fresh.ts';

const up = { to: '/keys', text: 'API keys' };

/** One key: what it may do, what it was used for, what happened to it, and what can be done with it. */
export function KeyPage({ id }: { id: string }) {
  const [key, set] = useState<Key | null>();
  // So that its audit rows are read again after a change.
  const [turn, next] = useState(0);
  const { load, trouble } = useFresh(async () => set(await present(id)));
  useNews((news) => news === 'keys' && load());
  const { take, questions } = useKeySteps({
    async onChanged(made) {
      if (made && made.id !== id) return go(`/keys/${made.id}`);
      next((turn) => turn + 1);
      await load();
    },
  });
  if (key === null)
    return (
      <Head title="This key is not here" up={up}>
        It was never in this account, or ended more than 90 days ago, or is somebody else’s.
      </Head>
    );
  return (
    <>
      <Head title={key?.name ?? 'API key'} up={up} action={key && <Actions of={key} onStep={take} />} isWaiting={!key}>
        {key ? (
          <>
            <code>{key.display.replace(/\.+$/, '…')}</code> <State of={key} />
          </>
        ) : (
          <span class="chip blank">…</span>
        )}
      </Head>
      <Trouble of={trouble} again={load} />
      {key?.leaked_at && (
        <p class="note bad">
          <span>
            Somebody reported <Time at={key.leaked_at} /> that this key has leaked. Rotate it, or revoke it.
          </span>
        </p>
      )}
      <section class="panel" aria-label="Facts" aria-busy={!key}>
        {key ? <Facts of={key} /> : <div class="facts waiting" />}
      </section>
      {/* Below what has its height by then, so that nothing moves. */}
      {key && <UsageOfKey id={id} />}
      {key && <AuditOfKey key={turn} id={id} />}
      {questions}
    </>
  );
}

/** The key, or null where there is none of this id to be seen. */
async function present(id: string): Promise<Key | null> {
  try {
    return await api.key(id);
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.status === 404) return null;
    throw thrown;
  }
}

function Actions({ of: key, onStep }: { of: Key; onStep(step: Step): void }) {
  const user = me.use();
  const button = (name: 'edit' | 'switch' | 'rotate' | 'revoke', label: string, kind = '') => (
    <button type="button" class={`btn ${kind}`} onClick={() => onStep({ name, key })}>
      {label}
    </button>
  );
  return (
    <>
      {isEditable(key) && button('edit', 'Edit')}
      {isEditable(key) && button('switch', key.enabled ? 'Disable' : 'Enable')}
      {mayRotate(key, user) && button('rotate', 'Rotate')}
      {isAlive(key) && button('revoke', 'Revoke', 'danger')}
    </>
  );
}

function Facts({ of: key }: { of: Key }) {
  const { addresses, limits, credits, rotation } = key;
  const limited = limits.map(({ requests, per }) => `${number(requests)} a ${per}`).join(', ');
  const refill = credits?.refill ? `, filled up to ${number(credits.refill.amount)} every ${credits.refill.every}` : '';
  return (
    <dl class="facts">
      <Fact name="May">{may(key.scopes)}</Fact>
      <Fact name="Last used">
        {key.last_used_at ? <Time at={key.last_used_at} /> : 'never'}
        {key.last_used_address && <span class="sub">from {key.last_used_address}</span>}
      </Fact>
      <Fact name="Made">
        <Time at={key.created_at} as={dated} />
        <span class="sub">by {key.user.name}</span>
      </Fact>
      <Fact name="Expires">
        {key.revoked_at ? (
          <>
            revoked <Time at={key.revoked_at} />
          </>
        ) : key.expires_at ? (
          <Time at={key.expires_at} as={dated} />
        ) : (
          'never'
        )}
      </Fact>
      <Fact name="From">{addresses.length > 0 ? addresses.join(', ') : 'anywhere'}</Fact>
      <Fact name="Requests at most">{limited || 'no limit of its own'}</Fact>
      {credits && <Fact name="Credits">{`${number(credits.remaining)} left${refill}`}</Fact>}
      {rotation && (
        <Fact name={rotation.role === 'old' ? 'Rotated' : 'Takes the place of'}>
          <Link to={`/keys/${rotation.pair}`}>{rotation.role === 'old' ? 'the new key' : 'the old key'}</Link>
          <span class="sub">
            the old one ends <Time at={rotation.until} />
          </span>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
