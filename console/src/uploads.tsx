import { bytes } from './number.ts';
import type { useUploads } from './use_uploads.ts';

/** Files on their way, each with how far it is, or why it did not arrive. */
export function Uploads({ of: { list, drop, again } }: { of: ReturnType<typeof useUploads> }) {
  if (list.length === 0) return null;
  return (
    <section class="panel uploads" aria-label="On their way">
      {list.map((one) => (
        <div key={one.id} class="upload">
          <span class="name">
            <b>{one.file.name}</b>
            <span class="sub">{bytes(one.file.size)}</span>
          </span>
          {one.trouble ? (
            <span class="note bad" role="alert">
              {one.trouble}
            </span>
          ) : (
            <progress value={one.part} max={1} aria-label={`${one.file.name}: uploaded`} />
          )}
          {one.trouble && (
            <button type="button" class="btn small" onClick={() => again(one)}>
              Try again
            </button>
          )}
          <button type="button" class="btn small" onClick={() => drop(one.id)}>
            {one.trouble ? 'Put away' : 'Stop'}
          </button>
        </div>
      ))}
    </section>
  );
}
