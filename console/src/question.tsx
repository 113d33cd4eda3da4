import type { ComponentChildren } from 'preact';
import { Trouble, useAction } from './action.tsx';
import { Dialog } from './dialog.tsx';

interface Props {
  title: string;
  /** What its button says, and what it does. */
  verb: string;
  isDanger?: boolean;
  isBeside?: boolean | undefined;
  children: ComponentChildren;
  onClose(): void;
  onSubmit(): Promise<void>;
}

/** A dialog that asks, and does it or says why it could not be done; what was typed stays. */
export function Question({ title, verb, isDanger, isBeside, children, onClose, onSubmit }: Props) {
  const { run, isBusy, trouble } = useAction(onSubmit);
  return (
    <Dialog title={title} onClose={onClose} isBeside={isBeside}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        {children}
        <Trouble of={trouble} />
        <footer>
          <button type="button" class="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={`btn ${isDanger ? 'danger' : 'primary'}`} aria-disabled={isBusy}>
            {verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
