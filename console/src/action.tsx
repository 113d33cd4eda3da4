import { useEffect, useRef, useState } from 'preact/hooks';
import { Away, Declined, Refusal } from './api.ts';

export interface Action {
  isBusy: boolean;
  trouble: Error | undefined;
  run(): Promise<void>;
}

/** Work that a button begins: once at a time, and what went wrong stays to be shown. */
export function useAction(work: () => Promise<void>): Action {
  const [trouble, setTrouble] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const isRunning = useRef(false);
  const isHere = useRef(true);
  useEffect(
    () => () => {
      isHere.current = false;
    },
    [],
  );
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setTrouble(undefined);
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof Declined) && isHere.current) setTrouble(thrown as Error);
    } finally {
      isRunning.current = false;
      if (isHere.current) setBusy(false);
    }
  };
  return { isBusy, trouble, run };
}

export function sentence(trouble: Error): string {
  if (trouble instanceof Away) return 'The server does not answer. Nothing that you typed is lost.';
  if (trouble instanceof Refusal) return trouble.message;
  return `Something went wrong in this page: ${trouble.message}`;
}

const mayPass = (trouble: Error) => trouble instanceof Away || (trouble instanceof Refusal && trouble.status >= 500);

/** What went wrong. In a form its button sends the form again; elsewhere it does what `again` says. */
export function Trouble({ of: trouble, again }: { of: Error | undefined; again?: () => void }) {
  if (!trouble) return null;
  return (
    <div class="note bad" role="alert">
      <span>{sentence(trouble)}</span>
      {mayPass(trouble) && (
        <button type={again ? 'button' : 'submit'} class="btn small" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
