import { useEffect, useState } from 'preact/hooks';

/** A field that narrows a list once whoever types pauses. */
export function Search({ label, onSearch }: { label: string; onSearch(text: string): void }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      class="search"
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={255}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}
