import { useEffect, useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import type { Key, SecretKey } from './api.ts';
import { Head } from './head.tsx';
import { EditKey, GenerateKey } from './key_form.tsx';
import { RevokeKey, RotateKey, Secret } from './key_questions.tsx';
import { KeyTable } from './key_table.tsx';
import { go, usePlace } from './router.ts';
import { Snippets } from './snippets.tsx';
import { say, server, tell } from './state.ts';
import { useKeys } from './use_keys.ts';

export type Step = { name: 'generate'; isFirst?: boolean } | { name: 'edit' | 'rotate' | 'revoke'; key: Key };
const most = server.keysPerUser ?? 10;

/** API keys: all that are there, and what can be done with them. */
export function KeysPage() {
  const keys = useKeys();
  const [step, take] = useState<Step>();
  const [made, show] = useState<SecretKey>();
  const asked = usePlace().searchParams;
  const wanted = asked.get('for');
  useEffect(() => {
    if (!asked.has('generate')) return;
    go('/keys', true);
    take({ name: 'generate', isFirst: asked.get('generate') === 'first' });
  }, [asked.has('generate')]);
  const close = () => take(undefined);
  const changed = async (text: string) => {
    tell('keys');
    say(text);
    await keys.load();
    close();
  };
  const isFull = keys.active !== undefined && keys.active >= most;
  return (
    <>
      <Head
        title="API keys"
        action={
          <button type="button" class="btn primary" onClick={() => take({ name: 'generate' })}>
            Generate new key
          </button>
        }
      >
        A key lets a program act as you, on every API of this server, until you revoke it. It is shown once, when it is
        made.
      </Head>
      {step?.name === 'generate' && step.isFirst && <GenerateKey isBeside onClose={close} onMade={show} />}
      <section class="panel" aria-labelledby="active" aria-busy={!keys.list}>
        <header>
          <h2 id="active">{keys.active === undefined ? 'Keys' : `${keys.active.toLocaleString('en')} active`}</h2>
          <Used active={keys.active} />
        </header>
        {isFull && (
          <p class="note warn">
            All {most} keys that one person may have are in use. Revoke one to generate another; rotating one needs no
            room.
          </p>
        )}
        <Trouble of={keys.trouble} again={keys.load} />
        <KeyTable list={keys.list} onStep={take} />
        {keys.hasMore && (
          <p class="more">
            <button type="button" class="btn" onClick={keys.more}>
              Show more
            </button>
          </p>
        )}
      </section>
      {keys.list && !made && (
        <section class="panel use" aria-labelledby="use">
          <header>
            <h2 id="use">Use a key</h2>
          </header>
          <Snippets key={wanted} first={wanted} />
        </section>
      )}
      {step?.name === 'generate' && !step.isFirst && <GenerateKey onClose={close} onMade={show} />}
      {step?.name === 'edit' && (
        <EditKey of={step.key} onClose={close} onSaved={() => changed(`“${step.key.name}” is changed.`)} />
      )}
      {step?.name === 'rotate' && <RotateKey of={step.key} onClose={close} onMade={show} />}
      {step?.name === 'revoke' && (
        <RevokeKey of={step.key} onClose={close} onRevoked={() => changed(`“${step.key.name}” is revoked.`)} />
      )}
      {made && (
        <Secret
          of={made}
          first={wanted}
          onSaved={async () => {
            show(undefined);
            await changed(`“${made.name}” is in the list.`);
          }}
        />
      )}
    </>
  );
}

function Used({ active }: { active: number | undefined }) {
  if (active === undefined) return null;
  return (
    <span class="used muted small">
      {active} of {most} active keys used
      <meter value={active} min={0} max={most} aria-label="Active keys" />
    </span>
  );
}
