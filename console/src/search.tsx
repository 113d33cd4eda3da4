import { useEffect, useId, useState } from 'preact/hooks';

/** What is typed to search with, and what of it is asked for: the last that stood for a moment. */
export interface Searching {
  typed: string;
  sent: string;
  type(text: string): void;
}

export function useSearch(): Searching {
  const [typed, type] = useState('');
  const [sent, send] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => send(typed.trim()), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  return { typed, sent, type };
}

/** A field above a list, which shows what has the text in its name. */
export function Search({ of: { typed, type }, label }: { of: Searching; label: string }) {
  const id = useId();
  return (
    <div class="search">
      <label class="unseen" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        placeholder={label}
        maxLength={64}
        autoComplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </div>
  );
}
