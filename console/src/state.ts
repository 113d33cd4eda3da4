import { useEffect, useState } from 'preact/hooks';

/** A value that pages look at together. */
export interface Shared<Value> {
  get(): Value;
  set(value: Value): void;
  /** The value in a component, which is drawn again when it changes. */
  use(): Value;
}

export function shared<Value>(value: Value): Shared<Value> {
  const watchers = new Set<(value: Value) => void>();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      for (const watcher of watchers) watcher(next);
    },
    use() {
      const [seen, see] = useState(() => value);
      useEffect(() => {
        const watcher = (next: Value) => see(() => next);
        watchers.add(watcher);
        watcher(value);
        return () => void watchers.delete(watcher);
      }, []);
      return seen;
    },
  };
}

/** Whether the last request found nobody. */
export const isAway = shared(false);

/** What happened last, for the line at the foot of the page. */
export const notice = shared('');

/** Says what happened, also to a screen reader; the same again is said again. */
export function say(text: string) {
  notice.set('');
  setTimeout(() => notice.set(text));
}

/** What the server put into the page. */
export const server: { hasCookie?: boolean; keysPerUser?: number; passwordLength?: number } = JSON.parse(
  document.documentElement.dataset.server ?? '{}',
);

/** What changed: who is here, or things of a kind, such as `keys`. */
export type News =
  | 'signed in'
  | 'signed out'
  | 'keys'
  | 'pipelines'
  | 'runs'
  | 'files'
  | 'sessions'
  | 'webhooks'
  | 'members'
  | 'me';

const others = 'BroadcastChannel' in window ? new BroadcastChannel('latchkey') : undefined;

/** Tells the other tabs of this browser what changed. */
export const tell = (news: News) => others?.postMessage(news);

/** Hears what another tab changed. */
export function useNews(heed: (news: News) => void) {
  useEffect(() => {
    const listener = ({ data }: MessageEvent<News>) => heed(data);
    others?.addEventListener('message', listener);
    return () => others?.removeEventListener('message', listener);
  });
}
