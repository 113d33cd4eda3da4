import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Declined, type Key } from './api.ts';
import { me } from './session.ts';
import { isAway, useNews } from './state.ts';

const page = 50;
const largest = 1000;
/** How old the list may become while somebody looks at it; milliseconds. */
const old = 20_000;

/** The keys, the newest first, and how many of one's own are active; kept fresh while the page is looked at. */
export function useKeys() {
  const [list, setList] = useState<Key[]>();
  const [count, setCount] = useState(0);
  const [active, setActive] = useState<number>();
  const [trouble, setTrouble] = useState<Error>();
  const limit = useRef(page);
  const user = me.use();
  const away = isAway.use();

  const load = async () => {
    if (!user) return;
    try {
      const [all, own] = await Promise.all([
        api.keys({ limit: limit.current }),
        api.keys({ limit: 1, state: 'active', user: user.id }),
      ]);
      setList(all.results);
      setCount(all.count);
      setActive(own.count);
      setTrouble(undefined);
    } catch (thrown) {
      if (!(thrown instanceof Declined)) setTrouble(thrown as Error);
    }
  };
  useEffect(() => void (away || load()), [user?.id, away]);
  useNews((news) => news === 'keys' && load());
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && !isAway.get() && load();
    const timer = setInterval(look, old);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [user?.id]);
  const more = () => {
    limit.current = Math.min(largest, limit.current + 2 * page);
    return load();
  };
  const hasMore = list !== undefined && list.length < Math.min(count, largest);
  return { list, active, trouble, hasMore, load, more };
}
