import { useEffect, useRef, useState } from 'preact/hooks';
import { Declined, type Me } from './api.ts';
import { me } from './session.ts';
import { isAway } from './state.ts';

/** How old what is shown may become while somebody looks at it; milliseconds. */
const old = 20_000;

interface Options {
  /** What it depends on: where that changes, it is read again at once. */
  by?: string;
  period?: number;
}

/**
 * Reads what a page shows once it is known who asks, and again while the page is looked at and when the server is back. What goes
 * wrong is `trouble`, also of what `guard` runs.
 */
export function useFresh(read: (user: Me) => Promise<void>, { by = '', period = old }: Options = {}) {
  const [trouble, setTrouble] = useState<Error>();
  const user = me.use();
  const away = isAway.use();
  const guard = async (work: (user: Me) => Promise<void>) => {
    if (!user) return;
    try {
      await work(user);
      setTrouble(undefined);
    } catch (thrown) {
      if (!(thrown instanceof Declined)) setTrouble(thrown as Error);
    }
  };
  // A timer of an earlier drawing reads what this one wants.
  const latest = useRef(() => guard(read));
  latest.current = () => guard(read);
  const load = () => latest.current();
  useEffect(() => void (away || load()), [user?.id, away, by]);
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && !isAway.get() && load();
    const timer = setInterval(look, period);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [period]);
  return { load, trouble, guard };
}
