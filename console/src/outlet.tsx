import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { isOpen, maySee, pageAt } from './pages.ts';
import { go, usePlace } from './router.ts';
import { me } from './session.ts';

interface Shown {
  at: string;
  id: string;
  Part: ComponentType<{ id: string }>;
}

/** The page of this address. The one before stays until the code of the next is here; then the focus is on its heading. */
export function Outlet() {
  const { pathname } = usePlace();
  const user = me.use();
  const [shown, show] = useState<Shown>();
  const isFirst = useRef(true);
  const { page, id } = pageAt(pathname);
  const isHidden = !page || (typeof page === 'object' && !!user && !maySee(page, user.role));
  useEffect(() => {
    if (typeof page === 'string') return go(page, true);
    let isWanted = true;
    const part = isHidden || !page ? Promise.resolve(NoPage) : page.load().catch(() => Unloaded);
    part.then((Part) => isWanted && show({ at: pathname, id, Part }));
    return () => {
      isWanted = false;
    };
  }, [pathname, isHidden]);
  useLayoutEffect(() => {
    if (!shown) return;
    if (!isFirst.current) document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [shown?.at]);
  return (
    <main id="main" class={isOpen(pathname) ? 'sign' : undefined}>
      {shown && <shown.Part key={shown.at} id={shown.id} />}
    </main>
  );
}

function NoPage() {
  return (
    <Head title="There is no such page">
      Or it is not for you to see. <Link to="/overview">Go to the overview</Link>
    </Head>
  );
}

/** The code of a page did not come: the server is away, or has another version by now. */
function Unloaded() {
  return (
    <Head
      title="This page did not load"
      action={
        <button type="button" class="btn" onClick={() => location.reload()}>
          Try again
        </button>
      }
    >
      The server did not answer, or was changed since this tab was opened.
    </Head>
  );
}
