import { useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { type AuditFilter, type AuditHead, api, type Member } from './api.ts';
import { AuditList } from './audit_list.tsx';
import { happenings } from './audit_words.ts';
import { Choice } from './choice.tsx';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { counted, number } from './number.ts';
import { go, usePlace } from './router.ts';
import { saveFile } from './save_file.ts';
import { say } from './state.ts';
import { useFresh } from './use_fresh.ts';
import { useList } from './use_list.ts';

const fields = ['action', 'user', 'subject', 'from', 'to'] as const;
type Fields = Record<(typeof fields)[number], string>;

/** Who did what to whom, narrowed as one likes, whether the log is as it was written, and all of it as a file. */
export function AuditPage() {
  const { searchParams } = usePlace();
  const asked = Object.fromEntries(fields.map((name) => [name, searchParams.get(name) ?? ''])) as Fields;
  const filter = filterOf(asked);
  const by = JSON.stringify(filter);
  const [members, know] = useState<Member[]>();
  // Names come with the first rows, so that nothing of those moves; without them, ids stand for names.
  const people = async () =>
    members ??
    api.members({ limit: 1000 }).then(
      ({ results }) => results,
      () => [],
    );
  const list = useList(
    async (part) => {
      const [page, known] = await Promise.all([api.audit({ ...filter, ...part }), people()]);
      know(known);
      return page;
    },
    { by },
  );
  const set = (changes: Partial<Fields>) => {
    const query = new URLSearchParams(Object.entries({ ...asked, ...changes }).filter(([, value]) => value !== ''));
    go(`/audit${query.size > 0 ? `?${query}` : ''}`, true);
  };
  const save = useAction(async () => {
    saveFile('audit.ndjson', await api.exportAudit(filter));
    say('The log is among your downloads.');
  });
  const isNarrowed = Object.values(asked).some(Boolean);
  return (
    <>
      <Head
        title="Audit log"
        action={
          <button type="button" class="btn" aria-disabled={save.isBusy} onClick={save.run}>
            Export
          </button>
        }
      >
        Who did what, from where. Each entry is linked to the one before, so that nobody changes the log unseen.
      </Head>
      <Trouble of={save.trouble} again={save.run} />
      <Filters of={asked} set={set} members={members ?? []} />
      <AuditList
        title="Entries"
        of={list}
        names={new Map(members?.map(({ id, name }) => [id, name]))}
        action={<Chain turn={list.count ?? 0} />}
        empty={
          isNarrowed ? (
            <div class="empty">
              <p>
                <b>Nothing like that happened</b>
              </p>
              <p>
                <button type="button" class="btn small" onClick={() => go('/audit', true)}>
                  Show all entries
                </button>
              </p>
            </div>
          ) : (
            <Empty title="Nothing has happened yet" command="npx latchkey audit">
              The same in a terminal:
            </Empty>
          )
        }
      />
    </>
  );
}

/** Days as one chooses them, both included, as times of the contract. */
function filterOf({ action, user, subject, from, to }: Fields): AuditFilter {
  const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return {
    ...(action && { action }),
    ...(user && { user }),
    ...(subject.trim() && { subject: subject.trim() }),
    ...(isDay(from) && { since: `${from}T00:00:00Z` }),
    ...(isDay(to) && { until: new Date(Date.parse(to) + 86_400_000).toISOString() }),
  };
}

function Filters({ of: asked, set, members }: { of: Fields; set(changes: Partial<Fields>): void; members: Member[] }) {
  const field = (name: 'from' | 'to' | 'subject', label: string, type: string) => (
    <div class="field">
      <label for={`audit-${name}`}>{label}</label>
      <input
        id={`audit-${name}`}
        type={type}
        value={asked[name]}
        spellcheck={false}
        autoComplete="off"
        maxLength={255}
        {...(type === 'text' && { placeholder: 'key_…' })}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      />
    </div>
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

/** Whether the log is as it was written, as far as the server looks; asked again when entries come. */
function Chain({ turn }: { turn: number }) {
  const [head, set] = useState<AuditHead>();
  useFresh(async () => set(await api.auditHead()), { by: String(turn) });
  // Another one than what is said later, so that nothing of it moves.
  if (!head) return <span key="waiting" class="chip blank" />;
  if (!head.verified)
    return (
      <span class="chip bad" role="alert">
        Chain broken: run npm run audit
      </span>
    );
  const looked = head.checked < head.sequence ? `the last ${number(head.checked)} of ` : '';
  return (
    <span key={head.sequence} class="chip good" title={`The newest entry is number ${number(head.sequence)}`}>
      Chain verified: {looked}
      {counted(head.sequence, 'link')}
    </span>
  );
}
