import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  label: string;
  names: string[];
  chosen: string;
  onChoose(name: string): void;
  children: ComponentChildren;
}

/** Parts of a page, one at a time; arrows go from one to the next. */
export function Tabs({ label, names, chosen, onChoose, children }: Props) {
  const id = useId();
  const tabOf = (name: string) => `${id}${names.indexOf(name)}`;
  const onKeyDown = (event: KeyboardEvent) => {
    const at = names.indexOf(chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names.at(to % names.length) ?? chosen;
    onChoose(name);
    document.getElementById(tabOf(name))?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {names.map((name) => (
          <button
            key={name}
            id={tabOf(name)}
            type="button"
            role="tab"
            aria-selected={name === chosen}
            aria-controls={`${id}panel`}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}panel`} aria-labelledby={tabOf(chosen)}>
        {children}
      </div>
    </>
  );
}
