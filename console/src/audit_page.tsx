import { useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { type AuditFilter, type AuditHead, api, type Member } from './api.ts';
import { type AuditFields, AuditFilters, auditFields } from './audit_filters.tsx';
import { AuditList } from './audit_list.tsx';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { counted, number } from './number.ts';
import { go, usePlace } from './router.ts';
import { saveFile } from './save_file.ts';
import { say } from './state.ts';
import { useFresh } from './use_fresh.ts';
import { useList } from './use_list.ts';

/** Who did what to whom, narrowed as one likes, whether the log is as it was written, and all of it as a file. */
export function AuditPage() {
  const { searchParams } = usePlace();
  const asked = Object.fromEntries(auditFields.map((name) => [name, searchParams.get(name) ?? ''])) as AuditFields;
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
  const set = (changes: Partial<AuditFields>) => {
    // By the address as it is now: two may change before the page is drawn again.
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) value === '' ? query.delete(name) : query.set(name, value);
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
      <AuditFilters of={asked} set={set} members={members ?? []} />
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
function filterOf({ action, user, subject, from, to }: AuditFields): AuditFilter {
  const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return {
    ...(action && { action }),
    ...(user && { user }),
    ...(subject.trim() && { subject: subject.trim() }),
    ...(isDay(from) && { since: `${from}T00:00:00Z` }),
    ...(isDay(to) && { until: new Date(Date.parse(to) + 86_400_000).toISOString() }),
  };
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
