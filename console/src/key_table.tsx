import type { Key } from './api.ts';
import { isAlive, may, mayRotate, State } from './key_facts.tsx';
import type { Step } from './keys_page.tsx';
import { me } from './session.ts';
import { dated, Time } from './time.tsx';

interface Props {
  /** Undefined while it is on its way. */
  list: Key[] | undefined;
  onStep(step: Step): void;
}

/** The keys as a table, which is cards where there is little room. */
export function KeyTable({ list, onStep }: Props) {
  if (list?.length === 0)
    return (
      <div class="empty">
        <p>
          <b>No keys yet</b>
        </p>
        <p class="muted">Generate one here, or in the terminal where you have signed in:</p>
        <pre>npx latchkey keys create laptop</pre>
      </div>
    );
  return (
    // Another table than the one that waited: nothing of that moves.
    <table key={list ? 'list' : 'waiting'}>
      {list && <Head />}
      <tbody>{list ? list.map((key) => <Row key={key.id} of={key} onStep={onStep} />) : <Waiting />}</tbody>
    </table>
  );
}

/** It comes with its rows, which say how wide the columns are. */
function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">Key</th>
        <th scope="col">State</th>
        <th scope="col">May</th>
        <th scope="col">Last used</th>
        <th scope="col">
          <span class="unseen">What to do</span>
        </th>
      </tr>
    </thead>
  );
}

/** Rows that are on their way. */
export function Waiting() {
  return [0, 1, 2].map((row) => (
    <tr key={row} class="waiting">
      <td colSpan={5}>
        <span class="unseen">Loading</span>
        <i />
      </td>
    </tr>
  ));
}

function Row({ of: key, onStep }: { of: Key; onStep(step: Step): void }) {
  const user = me.use();
  const id = `name-${key.id}`;
  const button = (name: 'edit' | 'rotate' | 'revoke', label: string, kind = '') => (
    <button type="button" class={`btn small ${kind}`} aria-describedby={id} onClick={() => onStep({ name, key })}>
      {label}
    </button>
  );
  const isEditable = key.state === 'active' || key.state === 'disabled';
  return (
    <tr>
      <td>
        <b id={id}>{key.name}</b>
        <span class="sub mono">{key.display.replace(/\.+$/, '…')}</span>
      </td>
      <td class="state">
        <State of={key} />
      </td>
      <td class="hide-s">{may(key.scopes)}</td>
      <td class="wide">
        {key.last_used_at ? <Time at={key.last_used_at} /> : 'never used'}
        <span class="sub">
          made <Time at={key.created_at} as={dated} /> by {key.user.name}
        </span>
      </td>
      <td class="act wide">
        {isEditable && button('edit', 'Edit')}
        {mayRotate(key, user) && button('rotate', 'Rotate')}
        {isAlive(key) && button('revoke', 'Revoke', 'danger')}
      </td>
    </tr>
  );
}
