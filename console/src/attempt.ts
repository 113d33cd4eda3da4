import { useRef } from 'preact/hooks';

/** A name for each try of the same, as `Idempotency-Key` wants it: what is sent again because an answer was lost is done once. */
export function useAttempt(): (sent: unknown) => string {
  const held = useRef({ text: '', name: '' });
  return (sent) => {
    const text = JSON.stringify(sent);
    if (held.current.text !== text) held.current = { text, name: crypto.getRandomValues(new Uint32Array(4)).join('-') };
    return held.current.name;
  };
}
