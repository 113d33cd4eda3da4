import type { Key } from './api.ts';
import { Empty } from './command.tsx';
import { isAlive, isEditable, may, mayRotate, State } from './key_facts.tsx';
import type { Step } from './key_steps.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { me } from './session.ts';
import { dated, Time } from './time.tsx';

interface Props {
  /** Undefined while it is on its way. */
  list: Key[] | undefined;
  /** What was searched for; '' for all. */
  searched: string;
  onStep(step: Step): void;
}

/** The keys as a table, which is cards where there is little room. */
export function KeyTable({ list, searched, onStep }: Props) {
  if (list?.length === 0 && searched) return <Empty title={`No key has “${searched}” in its name`} />;
  if (list?.length === 0)
    return (
      <Empty title="No keys yet" command="npx latchkey keys create laptop">
        Generate one here, or in the terminal where you have signed in:
      </Empty>
    );
  return (
    <Table
      columns={['Key', 'State', 'May', 'Last used', '']}
      rows={list?.map((key) => <Row key={key.id} of={key} onStep={onStep} />)}
    />
  );
}

function Row({ of: key, onStep }: { of: Key; onStep(step: Step): void }) {
  const user = me.use();
  const id = `name-${key.id}`;
  const button = (name: 'edit' | 'rotate' | 'revoke', label: string, kind = '') => (
    <button type="button" class={`btn small ${kind}`} aria-describedby={id} onClick={() => onStep({ name, key })}>
      {label}
    </button>
  );
  return (
    <tr>
      <td>
        <Link class="name" id={id} to={`/keys/${key.id}`}>
          {key.name}
        </Link>
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
        {isEditable(key) && button('edit', 'Edit')}
        {mayRotate(key, user) && button('rotate', 'Rotate')}
        {isAlive(key) && button('revoke', 'Revoke', 'danger')}
      </td>
    </tr>
  );
}
