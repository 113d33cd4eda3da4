import type { ComponentChildren, JSX } from 'preact';
import { go } from './router.ts';

interface Props extends JSX.AnchorHTMLAttributes<HTMLAnchorElement> {
  to: string;
  children: ComponentChildren;
}

/** A link to a page of the console, which is shown without loading anew. */
export function Link({ to, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={to} onClick={follow}>
      {children}
    </a>
  );
}
