import { useRef, useState } from 'preact/hooks';
import { sentence } from './action.tsx';
import { Away, api, Declined } from './api.ts';

export interface Upload {
  id: number;
  file: File;
  /** The same for every try, so that a lost answer makes no second file. */
  attempt: string;
  /** From 0 to 1. */
  part: number;
  /** Why it did not arrive. */
  trouble?: string;
}

/** Files on their way up, one after the other. `onKept` is told of each that arrived. */
export function useUploads(onKept: (name: string) => Promise<void>) {
  const [list, set] = useState<Upload[]>([]);
  const waiting = useRef<Upload[]>([]);
  const at = useRef<{ id: number; cutter: AbortController }>();
  const count = useRef(0);
  const change = (id: number, changes: Partial<Upload>) =>
    set((before) => before.map((one) => (one.id === id ? { ...one, ...changes } : one)));
  const drop = (id: number) => {
    waiting.current = waiting.current.filter((one) => one.id !== id);
    set((before) => before.filter((one) => one.id !== id));
    if (at.current?.id === id) at.current.cutter.abort();
  };
  const send = async (one: Upload) => {
    const cutter = new AbortController();
    at.current = { id: one.id, cutter };
    try {
      const onProgress = (part: number) => change(one.id, { part });
      await api.upload(one.file, one.attempt, { onProgress, signal: cutter.signal });
      drop(one.id);
      await onKept(one.file.name);
    } catch (thrown) {
      if (cutter.signal.aborted) return;
      if (thrown instanceof Declined) return drop(one.id);
      const isAway = thrown instanceof Away;
      change(one.id, { trouble: isAway ? 'The server does not answer.' : sentence(thrown as Error) });
    }
  };
  const work = async () => {
    if (at.current) return;
    for (let next = waiting.current.shift(); next; next = waiting.current.shift()) await send(next);
    at.current = undefined;
  };
  const add = (files: Iterable<File>) => {
    const fresh = [...files].map((file) => {
      count.current += 1;
      const attempt = crypto.getRandomValues(new Uint32Array(4)).join('-');
      return { id: count.current, file, attempt, part: 0 };
    });
    waiting.current.push(...fresh);
    set((before) => [...before, ...fresh]);
    work();
  };
  const again = (one: Upload) => {
    const { trouble: _said, ...rest } = one;
    set((before) => before.map((other) => (other.id === one.id ? { ...rest, part: 0 } : other)));
    waiting.current.push({ ...rest, part: 0 });
    work();
  };
  return { list, add, drop, again };
}
