import { useEffect, useId, useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { type Find, useFinds } from './finds.ts';
import { go } from './router.ts';
import { useSearch } from './search.tsx';

interface Props {
  onClose(): void;
  onShortcuts(): void;
}

/** Finds pages, keys and pipelines by what is typed: a combobox with its listbox, as ARIA has them. */
export function Palette({ onClose, onShortcuts }: Props) {
  const search = useSearch();
  const { finds, isLooking } = useFinds(search);
  const [at, move] = useState(0);
  const id = useId();
  const optionOf = (index: number) => `${id}option${index}`;
  const chosen = Math.min(at, finds.length - 1);
  useEffect(() => move(0), [search.typed]);
  useEffect(() => document.getElementById(optionOf(chosen))?.scrollIntoView({ block: 'nearest' }), [chosen]);
  const take = (find: Find | undefined) => {
    if (!find) return;
    if (find.to === '?') return onShortcuts();
    onClose();
    go(find.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = finds.length - 1;
    const to = { ArrowDown: chosen === last ? 0 : chosen + 1, ArrowUp: chosen <= 0 ? last : chosen - 1 }[event.key];
    if (to === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    if (to === undefined) take(finds[chosen]);
    else move(to);
  };
  return (
    <Dialog title="Find" class="palette" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Find a page, a key or a pipeline"
        aria-expanded={finds.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={finds.length > 0 ? optionOf(chosen) : undefined}
        placeholder="A page, a key or a pipeline"
        maxLength={64}
        autoComplete="off"
        spellcheck={false}
        value={search.typed}
        onInput={(event) => search.type(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Found" class="finds">
        {finds.map((find, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: as above
          <div
            key={find.to}
            id={optionOf(index)}
            role="option"
            aria-selected={index === chosen}
            onMouseMove={() => move(index)}
            onClick={() => take(find)}
          >
            <span class="found">{find.text}</span>
            <span class="sub">{find.kind}</span>
          </div>
        ))}
      </div>
      <p class="muted small" role="status">
        {finds.length === 0 && !isLooking ? `Nothing is called “${search.typed.trim()}”.` : ''}
      </p>
    </Dialog>
  );
}
