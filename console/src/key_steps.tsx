import { useState } from 'preact/hooks';
import type { Key, SecretKey } from './api.ts';
import { EditKey, GenerateKey } from './key_form.tsx';
import { RevokeKey, RotateKey, Secret, SwitchKey } from './key_questions.tsx';
import { say, tell } from './state.ts';

/** What somebody is about to do with a key, or with none. */
export type Step =
  | { name: 'generate'; isFirst?: boolean }
  | { name: 'edit' | 'rotate' | 'revoke' | 'switch'; key: Key };

interface Options {
  /** Reads again what is shown, before the question goes; after a key was made, with it. */
  onChanged(made?: SecretKey): Promise<void> | void;
  /** The snippet that is open beside a new secret. */
  first?: string | null;
}

/**
 * The questions of a key, and its secret this once: the same for the list and for a key's own page. `take` asks, `hasSecret` while
 * one is shown; `beside` is the form of the first key, which stands in the page.
 */
export function useKeySteps({ onChanged, first = null }: Options) {
  const [step, take] = useState<Step>();
  const [made, show] = useState<SecretKey>();
  const close = () => take(undefined);
  const told = async (text: string, made?: SecretKey) => {
    tell('keys');
    say(text);
    await onChanged(made);
  };
  const said = (text: string) => async () => {
    await told(text);
    close();
  };
  const questions = (
    <>
      {step?.name === 'generate' && !step.isFirst && <GenerateKey onClose={close} onMade={show} />}
      {step?.name === 'edit' && (
        <EditKey of={step.key} onClose={close} onSaved={said(`“${step.key.name}” is changed.`)} />
      )}
      {step?.name === 'switch' && (
        <SwitchKey
          of={step.key}
          onClose={close}
          onSwitched={said(`“${step.key.name}” is ${step.key.enabled ? 'disabled' : 'enabled'}.`)}
        />
      )}
      {step?.name === 'rotate' && <RotateKey of={step.key} onClose={close} onMade={show} />}
      {step?.name === 'revoke' && (
        <RevokeKey of={step.key} onClose={close} onRevoked={said(`“${step.key.name}” is revoked.`)} />
      )}
      {made && (
        <Secret
          of={made}
          first={first}
          onSaved={() => {
            show(undefined);
            // Nobody waits for it: whatever is asked while the list is read again stays.
            told(`“${made.name}” is in the list.`, made);
          }}
        />
      )}
    </>
  );
  const beside = step?.name === 'generate' && step.isFirst && <GenerateKey isBeside onClose={close} onMade={show} />;
  return { take, beside, questions, hasSecret: made !== undefined };
}
