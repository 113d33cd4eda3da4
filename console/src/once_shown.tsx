import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { copy } from './copy.ts';
import { Dialog } from './dialog.tsx';

interface Props {
  title: string;
  /** What is shown this once; null where it was shown to nobody and is gone. */
  secret: string | null;
  /** What it is, in one word, as in “Select the key, and copy it”. */
  what: string;
  /** What to know of it, above. */
  about: ComponentChildren;
  /** What to do where it is gone. */
  lost: string;
  onSaved(): void;
  /** What stands below it. */
  children?: ComponentChildren;
}

/** Something secret, as text of the page, this once; only the button that says so puts it away. */
export function OnceShown({ title, secret, what, about, lost, onSaved, children }: Props) {
  const [said, setSaid] = useState('');
  const shown = useRef<HTMLElement>(null);
  if (secret === null)
    return (
      <Dialog title={`The ${what} was made, and is lost`}>
        <p>{lost}</p>
        <footer>
          <button type="button" class="btn primary" onClick={onSaved}>
            To the list
          </button>
        </footer>
      </Dialog>
    );
  return (
    <Dialog title={title}>
      <p class="muted">{about}</p>
      <div class="secret">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
        <code ref={shown} tabIndex={0}>
          {secret}
        </code>
        <button
          type="button"
          class="btn"
          onClick={async () =>
            setSaid((await copy(secret, shown.current)) ? 'Copied' : `Select the ${what}, and copy it`)
          }
        >
          Copy
        </button>
      </div>
      {children}
      <footer>
        <span class="muted small" role="status">
          {said}
        </span>
        <button type="button" class="btn primary" onClick={onSaved}>
          I have saved it
        </button>
      </footer>
    </Dialog>
  );
}
