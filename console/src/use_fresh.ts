import { useEffect, useState } from 'preact/hooks';
import { Declined, type Me } from './api.ts';
import { me } from './session.ts';
import { isAway } from './state.ts';

/** How old what is shown may become while somebody looks at it; milliseconds. */
const old = 20_000;

/** Reads what a page shows once it is known who asks, and again while the page is looked at and when the server is back. */
export function useFresh(read: (user: Me) => Promise<void>) {
  const [trouble, setTrouble] = useState<Error>();
  const user = me.use();
  const away = isAway.use();
  const load = async () => {
    if (!user) return;
    try {
      await read(user);
      setTrouble(undefined);
    } catch (thrown) {
      if (!(thrown instanceof Declined)) setTrouble(thrown as Error);
    }
  };
  useEffect(() => void (away || load()), [user?.id, away]);
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && !isAway.get() && load();
    const timer = setInterval(look, old);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [user?.id]);
  return { load, trouble };
}
