import { useEffect } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { Head } from './head.tsx';
import { useKeySteps } from './key_steps.tsx';
import { KeyTable } from './key_table.tsx';
import { More } from './list.tsx';
import { number } from './number.ts';
import { go, usePlace } from './router.ts';
import { Search, useSearch } from './search.tsx';
import { Snippets } from './snippets.tsx';
import { server } from './state.ts';
import { useKeys } from './use_keys.ts';

/** So many keys are seen at a glance; more have a field to search them. */
const few = 10;

/** API keys: all that are there, and what can be done with them. */
export function KeysPage() {
  const search = useSearch();
  const { list, active } = useKeys(search.sent);
  const asked = usePlace().searchParams;
  const wanted = asked.get('for');
  const { take, beside, questions, hasSecret } = useKeySteps({ onChanged: list.load, first: wanted });
  useEffect(() => {
    if (!asked.has('generate')) return;
    go('/keys', true);
    take({ name: 'generate', isFirst: asked.get('generate') === 'first' });
  }, [asked.has('generate')]);
  const isMany = search.typed !== '' || search.sent !== '' || (list.count ?? 0) > few;
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
      {beside}
      <section class="panel" aria-labelledby="active" aria-busy={!list.rows}>
        <header>
          <h2 id="active" tabIndex={-1}>
            {active === undefined ? 'Keys' : `${number(active)} active`}
          </h2>
          <Used active={active} />
        </header>
        <Full active={active} />
        {isMany && (
          <div class="seek">
            <Search of={search} label="Search by name" />
            <span class="muted small" role="status">
              {list.rows && list.count !== undefined && `${number(list.count)} found`}
            </span>
          </div>
        )}
        <Trouble of={list.trouble} again={list.load} />
        <KeyTable list={list.rows} searched={search.sent} onStep={take} />
        <More of={list} />
      </section>
      {list.rows && !hasSecret && (
        <section class="panel use" aria-labelledby="use">
          <header>
            <h2 id="use">Use a key</h2>
          </header>
          <Snippets key={wanted} first={wanted} />
        </section>
      )}
      {questions}
    </>
  );
}

/** How many keys one may have is the server's to say. */
const most = server.keysPerUser;

function Used({ active }: { active: number | undefined }) {
  if (active === undefined || most === undefined) return null;
  return (
    <span class="used muted small">
      {active} of {most} active keys used
      <meter value={active} min={0} max={most} aria-label="Active keys" />
    </span>
  );
}

function Full({ active }: { active: number | undefined }) {
  if (active === undefined || most === undefined || active < most) return null;
  return (
    <p class="note warn">
      All {most} keys that one person may have are in use. Revoke one to generate another; rotating one needs no room.
    </p>
  );
}
