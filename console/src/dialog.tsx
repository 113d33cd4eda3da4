import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  title: string;
  /** What Escape does; without it the dialog stays until one of its buttons is pressed. */
  onClose?: (() => void) | undefined;
  class?: string | undefined;
  /** It stands in the page, which goes on beside it. */
  isBeside?: boolean | undefined;
  children: ComponentChildren;
}

/** A question in front of the page. Focus goes into it, and back to where it was. */
export function Dialog({ title, onClose, class: name, isBeside = false, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    if (isBeside) dialog?.show();
    else dialog?.showModal();
    // At once, so that whoever types on loses no letter.
    dialog?.querySelector<HTMLElement>('input:not([type="radio"], [type="checkbox"]), select')?.focus();
    return () => {
      dialog?.close();
      // What it was opened with may be gone.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        document.querySelector<HTMLElement>('dialog[open] h1, main h1')?.focus();
      });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={isBeside ? 'beside' : name}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onClose?.();
      }}
      onCancel={(event) => event.preventDefault()}
    >
      <div>
        <h1 id={id} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
    </dialog>
  );
}
