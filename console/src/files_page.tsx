import { useRef, useState } from 'preact/hooks';
import { api, type File as Kept, Refusal } from './api.ts';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { ListPanel } from './list.tsx';
import { bytes } from './number.ts';
import { mayChange } from './pipeline_questions.tsx';
import { Question } from './question.tsx';
import { Search, useSearch } from './search.tsx';
import { useRole } from './session.ts';
import { say, tell } from './state.ts';
import { Time } from './time.tsx';
import { Uploads } from './uploads.tsx';
import { useList } from './use_list.ts';
import { useUploads } from './use_uploads.ts';

/** The files of the account: sent up, looked at, taken down, deleted. */
export function FilesPage() {
  const role = useRole();
  const search = useSearch();
  const name = search.sent;
  const [doomed, doom] = useState<Kept>();
  const [isOver, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const list = useList<Kept>((part) => api.files({ ...part, ...(name && { name }) }), { by: name, news: 'files' });
  const uploads = useUploads(async (kept) => {
    tell('files');
    say(`“${kept}” is uploaded.`);
    await list.load();
  });
  const mayWrite = mayChange(role);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer && mayWrite) uploads.add(event.dataTransfer.files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: who drags has the button as well
    <div
      class={`drop ${isOver ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(mayWrite);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={onDrop}
    >
      <Head
        title="Files"
        action={
          mayWrite && (
            <button type="button" class="btn primary" onClick={() => chooser.current?.click()}>
              Upload
            </button>
          )
        }
      >
        What goes into runs, and what came out of them.{mayWrite && ' Drop files anywhere on this page.'}
      </Head>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={({ currentTarget: field }) => {
          uploads.add(field.files ?? []);
          field.value = '';
        }}
      />
      <Uploads of={uploads} />
      <ListPanel
        title="All"
        of={list}
        action={<Search of={search} label="Find a file" />}
        columns={['File', 'Size', 'Came', '']}
        row={(one) => <Row key={one.id} of={one} onDelete={mayWrite ? doom : undefined} />}
        empty={
          name ? (
            <p class="empty muted">No file has “{name}” in its name.</p>
          ) : (
            <Empty title="No files yet" command="npx latchkey files upload cat.jpg">
              Drop one here, or upload it from the terminal where you have signed in:
            </Empty>
          )
        }
      />
      {doomed && (
        <DeleteFile
          of={doomed}
          onClose={() => doom(undefined)}
          onDeleted={async () => {
            tell('files');
            say(`“${doomed.name}” is deleted.`);
            await list.load();
            doom(undefined);
          }}
        />
      )}
    </div>
  );
}

function Row({ of: file, onDelete }: { of: Kept; onDelete: ((file: Kept) => void) | undefined }) {
  const { id, name, type, size, user, created_at } = file;
  const heading = `name-${id}`;
  return (
    <tr>
      <td>
        <b id={heading}>{name}</b>
        <span class="sub">{type}</span>
      </td>
      <td class="state number">{bytes(size)}</td>
      <td class="wide">
        <Time at={created_at} />
        {user && <span class="sub">by {user.name}</span>}
      </td>
      <td class="act wide">
        <a class="btn small" href={`/v1/files/${id}/content`} download={name} aria-describedby={heading}>
          Download
        </a>
        {onDelete && (
          <button type="button" class="btn small danger" aria-describedby={heading} onClick={() => onDelete(file)}>
            Delete
          </button>
        )}
      </td>
    </tr>
  );
}

/** Asks before a file is deleted. It is gone when the server has said so, and not before. */
function DeleteFile({ of, onClose, onDeleted }: { of: Kept; onClose(): void; onDeleted(): Promise<void> }) {
  const remove = async () => {
    try {
      await api.deleteFile(of.id);
    } catch (thrown) {
      // Somebody was faster, or the answer to the first try was lost.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    await onDeleted();
  };
  return (
    <Question title={`Delete “${of.name}”?`} verb="Delete file" isDanger onClose={onClose} onSubmit={remove}>
      <p>Its {bytes(of.size)} are gone then, and cannot be brought back.</p>
    </Question>
  );
}
