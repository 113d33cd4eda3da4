import { useRef, useState } from 'preact/hooks';
import { api, type Key } from './api.ts';
import { useNews } from './state.ts';
import { useFresh } from './use_fresh.ts';

const page = 50;
const largest = 1000;

/** The keys, the newest first, and how many of one's own are active. */
export function useKeys() {
  const [list, setList] = useState<Key[]>();
  const [count, setCount] = useState(0);
  const [active, setActive] = useState<number>();
  const limit = useRef(page);
  const { load, trouble } = useFresh(async (user) => {
    const [all, own] = await Promise.all([
      api.keys({ limit: limit.current }),
      api.keys({ limit: 1, state: 'active', user: user.id }),
    ]);
    setList(all.results);
    setCount(all.count);
    setActive(own.count);
  });
  useNews((news) => news === 'keys' && load());
  const more = () => {
    limit.current = Math.min(largest, limit.current + 2 * page);
    return load();
  };
  const hasMore = list !== undefined && list.length < Math.min(count, largest);
  return { list, active, trouble, hasMore, load, more };
}
