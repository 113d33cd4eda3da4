import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from './link.tsx';

interface Props {
  title: string;
  /** The list that this is one of. */
  up?: { to: string; text: string };
  /** What can be done here, at the right. */
  action?: ComponentChildren;
  /** That is not known yet: its room is kept, so that nothing moves. */
  isWaiting?: boolean;
  /** What the page is for, in a sentence. */
  children?: ComponentChildren;
}

/** The heading of a page, which names the tab as well. */
export function Head({ title, up, action, isWaiting, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Latchkey`;
  }, [title]);
  return (
    <div class="head">
      <div>
        {up && (
          <Link class="up" to={up.to}>
            {up.text}
          </Link>
        )}
        <h1 tabIndex={-1}>{title}</h1>
        {/* A title that comes later may take two lines: what is below is another one then, and does not move. */}
        {children && (
          <div key={title} class="muted lead">
            {children}
          </div>
        )}
      </div>
      {isWaiting ? (
        <div class="acts" key="waiting">
          <span class="btn blank" aria-hidden="true">
            …
          </span>
        </div>
      ) : (
        action && (
          <div key={title} class="acts">
            {action}
          </div>
        )
      )}
    </div>
  );
}
