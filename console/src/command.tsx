import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { copy } from './copy.ts';

/** A command to paste. */
export function Command({ children: text }: { children: string }) {
  const [said, setSaid] = useState('');
  const shown = useRef<HTMLPreElement>(null);
  return (
    <div class="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <pre ref={shown} tabIndex={0}>
        {text}
      </pre>
      <button
        type="button"
        class="btn small"
        onClick={async () => setSaid((await copy(text, shown.current)) ? 'In the clipboard' : 'Select it, and copy')}
      >
        To clipboard
      </button>
      <span class="muted small" role="status">
        {said}
      </span>
    </div>
  );
}

interface Props {
  title: string;
  /** The next step, in a sentence that leads to the command. */
  children?: ComponentChildren;
  command?: string;
}

/** What stands in place of a list of nothing. */
export function Empty({ title, children, command }: Props) {
  return (
    <div class="empty">
      <p>
        <b>{title}</b>
      </p>
      {children && <p class="muted">{children}</p>}
      {command && <Command>{command}</Command>}
    </div>
  );
}
