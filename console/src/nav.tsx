import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConsolePath } from '../../src/console_paths.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icons.tsx';
import { Link } from './link.tsx';
import { groups, maySee, type Page, pageAt, pages } from './pages.ts';
import { usePlace } from './router.ts';
import { useRole } from './session.ts';

type Entry = [path: string, page: Page & { icon: NonNullable<Page['icon']> }];

/** The pages that somebody finds in the navigation. */
function useEntries(): Entry[] {
  const role = useRole();
  const all = Object.entries(pages) as [ConsolePath, Page | string][];
  return all.filter(
    (entry): entry is [ConsolePath, Entry[1]] =>
      typeof entry[1] === 'object' && entry[1].icon !== undefined && (role === undefined || maySee(entry[1], role)),
  );
}

/** The navigation of a wide page: all pages in their groups. */
export function RailNav() {
  return (
    <nav class="nav" aria-label="Main">
      <Groups />
    </nav>
  );
}

function Groups() {
  const entries = useEntries();
  return (
    <>
      {groups.map((group) => {
        const its = entries.filter(([, page]) => page.group === group);
        if (its.length === 0) return null;
        return (
          <>
            {group && <p class="group">{group}</p>}
            {its.map((entry) => (
              <Item key={entry[0]} of={entry} />
            ))}
          </>
        );
      })}
      <p class="group">Help</p>
      <a href="/docs">
        <Icon of="docs" />
        Docs
      </a>
    </>
  );
}

function Item({ of: [path, { icon, title }] }: { of: Entry }) {
  const { pathname } = usePlace();
  const isWithin = pageAt(pathname).path === `${path}/:id`;
  return (
    <Link to={path} aria-current={pathname === path ? 'page' : isWithin ? 'true' : undefined}>
      <Icon of={icon} />
      {title}
    </Link>
  );
}

/** The bar at the foot of a phone: the pages that are wanted most, and the way to all. */
export function BottomBar() {
  const [isOpen, open] = useState(false);
  const entries = useEntries().filter(([, { isOnBar }]) => isOnBar);
  return (
    <>
      <nav class="bottom" aria-label="Main">
        {entries.map((entry) => (
          <Item key={entry[0]} of={entry} />
        ))}
        <button type="button" aria-haspopup="dialog" onClick={() => open(true)}>
          <Icon of="more" />
          More
        </button>
      </nav>
      {isOpen && <AllPages onClose={() => open(false)} />}
    </>
  );
}

function AllPages({ onClose }: { onClose(): void }) {
  const { pathname } = usePlace();
  const before = useRef(pathname);
  useEffect(() => {
    if (pathname !== before.current) onClose();
  }, [pathname]);
  return (
    <Dialog title="All pages" class="all" onClose={onClose}>
      <nav class="nav" aria-label="All">
        <Groups />
      </nav>
      <footer>
        <button type="button" class="btn" onClick={onClose}>
          Close
        </button>
      </footer>
    </Dialog>
  );
}
