import { useEffect, useState } from 'preact/hooks';
import type { Member } from './api.ts';
import { happenings } from './audit_words.ts';
import { Choice } from './choice.tsx';

export const auditFields = ['action', 'user', 'subject', 'from', 'to'] as const;
/** What the address says that one looks for; empty where it says nothing. */
export type AuditFields = Record<(typeof auditFields)[number], string>;

interface Props {
  of: AuditFields;
  set(changes: Partial<AuditFields>): void;
  members: Member[];
}

/** What the entries are narrowed by. */
export function AuditFilters({ of: asked, set, members }: Props) {
  const field = (name: 'from' | 'to' | 'subject', label: string, type: string) => (
    <Narrowed name={name} label={label} type={type} value={asked[name]} onChange={(value) => set({ [name]: value })} />
  );
  const known = members.some(({ id }) => id === asked.user);
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Choice name="action" label="What" value={asked.action} onChange={(action) => set({ action })}>
        {[['', 'Everything'], ...happenings]}
      </Choice>
      <Choice name="user" label="Who" value={asked.user} onChange={(user) => set({ user })}>
        {[
          ['', 'Everybody'],
          ...members.map(({ id, name }): [string, string] => [id, name]),
          ...(asked.user && !known ? [[asked.user, asked.user] as [string, string]] : []),
        ]}
      </Choice>
      {field('subject', 'To what', 'text')}
      {field('from', 'First day', 'date')}
      {field('to', 'Last day', 'date')}
    </form>
  );
}

interface NarrowedProps {
  name: string;
  label: string;
  type: string;
  value: string;
  onChange(value: string): void;
}

/** What is typed stays while entries come, and narrows once it is done. */
function Narrowed({ name, label, type, value, onChange }: NarrowedProps) {
  const [typed, keep] = useState(value);
  useEffect(() => keep(value), [value]);
  return (
    <div class="field">
      <label for={`audit-${name}`}>{label}</label>
      <input
        id={`audit-${name}`}
        type={type}
        value={typed}
        spellcheck={false}
        autoComplete="off"
        maxLength={255}
        {...(type === 'text' && { placeholder: 'key_…' })}
        onInput={(event) => keep(event.currentTarget.value)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
