import type { Relations } from './api.ts';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { dated, Time } from './time.tsx';

/** The triggers of a pipeline, its pointers and the versions beside it, as far as there are any. */
export function Belongings({ of: { triggers, pointers, versions }, self }: { of: Relations; self: string }) {
  return (
    <>
      {triggers.length > 0 && (
        <Part title="Triggers">
          <Table columns={['Trigger', 'State', 'How often', 'Next']} rows={triggers.map(triggerRow)} />
        </Part>
      )}
      <Part title="Versions and pointers">
        <Table
          columns={['Version', 'Pointers', 'Made']}
          rows={versions.map(({ id, version, created_at }) => (
            <tr key={id}>
              <td>
                {id === self ? (
                  <>
                    <b>Version {version}</b> <span class="chip good">This one</span>
                  </>
                ) : (
                  <Link class="strong" to={`/pipelines/${id}`}>
                    Version {version}
                  </Link>
                )}
              </td>
              <td class="wide">{id === self && <Pointers of={pointers} />}</td>
              <td class="state wide">
                <Time at={created_at} as={dated} />
              </td>
            </tr>
          ))}
        />
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {children}
    </section>
  );
}

function Pointers({ of: pointers }: { of: Relations['pointers'] }) {
  if (pointers.length === 0) return <span class="muted">none</span>;
  return (
    <span class="tags">
      {pointers.map(({ name, locked }) => (
        <span key={name} class="chip mono">
          {name}
          {locked && ' (locked)'}
        </span>
      ))}
    </span>
  );
}

function triggerRow({ name, type, active, interval, next_at, last_status }: Relations['triggers'][number], at: number) {
  return (
    <tr key={at}>
      <td>
        <b>{name}</b>
        {last_status && <span class="sub">its last run: {last_status}</span>}
      </td>
      <td class="state">{active ? <span class="chip good">On</span> : <span class="chip">Off</span>}</td>
      <td class="state">{interval ?? (type === 'api' ? 'when it is called' : (type ?? '–'))}</td>
      <td class="state">{next_at ? <Time at={next_at} /> : '–'}</td>
    </tr>
  );
}
