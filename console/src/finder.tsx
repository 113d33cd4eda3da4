import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { Palette } from './palette.tsx';
import { Shortcuts } from './shortcuts.tsx';

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether what is typed goes into a field. */
const isTyping = ({ target }: Event) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The button that finds pages, keys and pipelines, its shortcut, and the list of all shortcuts. */
export function Finder() {
  const [open, setOpen] = useState<'palette' | 'shortcuts'>();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isFind =
        event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      const isHelp = event.key === '?' && !event.ctrlKey && !event.metaKey && !isTyping(event);
      if (!isFind && !isHelp) return;
      // What is asked in front of the page is answered first: something may have been typed there.
      if (document.querySelector('dialog[open]:not(.palette)')) return;
      event.preventDefault();
      setOpen((open) => (isHelp ? 'shortcuts' : open === 'palette' ? undefined : 'palette'));
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  const close = () => setOpen(undefined);
  return (
    <>
      <button
        type="button"
        class="finder"
        aria-haspopup="dialog"
        aria-keyshortcuts={isMac ? 'Meta+K' : 'Control+K'}
        onClick={() => setOpen('palette')}
      >
        <Icon of="find" />
        <span>Find</span>
        <kbd>{isMac ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      {open === 'palette' && <Palette onClose={close} onShortcuts={() => setOpen('shortcuts')} />}
      {open === 'shortcuts' && <Shortcuts find={isMac ? '⌘ K' : 'Ctrl K'} onClose={close} />}
    </>
  );
}
