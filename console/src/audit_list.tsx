import { api, type Entry } from './api.ts';
import { changesIn, wordsOf } from './audit_words.ts';
import { Empty } from './command.tsx';
import { Link } from './link.tsx';
import { ListPanel } from './list.tsx';
import { Time } from './time.tsx';
import { type List, useList } from './use_list.ts';

interface Props {
  title: string;
  of: List<Entry>;
  empty: preact.ComponentChildren;
  action?: preact.ComponentChildren;
  /** The id that every row is about, where there is one: it is not said again. */
  about?: string | undefined;
  /** What members are called, by their ids. */
  names?: Map<string, string> | undefined;
}

/** What happened, as rows: when, what, who, from where. */
export function AuditList({ title, of: list, empty, action, about, names }: Props) {
  return (
    <ListPanel
      title={title}
      of={list}
      columns={['What', 'Who', 'From', 'When']}
      row={(entry) => <Row key={entry.id} of={entry} about={about} names={names} />}
      empty={empty}
      action={action}
    />
  );
}

/** What happened to a key, and what was done with it. */
export function AuditOfKey({ id }: { id: string }) {
  const list = useList((part) => api.keyAudit(id, { ...part, limit: Math.min(part.limit ?? 20, 20) }), {
    by: id,
    news: 'keys',
  });
  return (
    <AuditList title="What happened" of={list} about={id} empty={<Empty title="Nothing is written down of it" />} />
  );
}

function Row({ of: entry, about, names }: { of: Entry } & Pick<Props, 'about' | 'names'>) {
  const { subject, user, key, address, at, request_id } = entry;
  const changes = changesIn(entry);
  return (
    <tr>
      <td class="what">
        <b>{wordsOf(entry)}</b>
        <span class="sub">
          {subject && subject !== about && <Subject id={subject} names={names} />}
          {changes.length > 0 && <span>{changes.join(', ')}</span>}
        </span>
      </td>
      <td>
        {user?.name ?? 'nobody'}
        {key && <span class="sub">with {key === about ? 'this key' : <Link to={`/keys/${key}`}>a key</Link>}</span>}
      </td>
      <td class="address hide-s">
        {address ?? 'not shown'}
        {request_id && <span class="sub">request {request_id.slice(0, 8)}</span>}
      </td>
      <td class="when">
        <Time at={at} />
      </td>
    </tr>
  );
}

/** What it happened to: a key leads to its page, a member has a name. Sessions and links are told by nobody. */
function Subject({ id, names }: { id: string } & Pick<Props, 'names'>) {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) return null;
  const short = /^[a-z]+_[\da-f]{32}$/.test(id) ? `${id.slice(0, 12)}…` : id;
  if (/^key_/.test(id)) return <Link to={`/keys/${id}`}>{short}</Link>;
  if (/^hook_/.test(id)) return <Link to={`/webhooks/${id}`}>{short}</Link>;
  return <span>{names?.get(id) ?? short}</span>;
}
