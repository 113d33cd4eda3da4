import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { api } from './api.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icons.tsx';
import { Question } from './question.tsx';

interface Fields {
  onSignedIn(): Promise<void> | void;
  /** Why it is asked, where the reader did not come for it. */
  why?: string;
}

function SignInForm({ onSignedIn, why }: Fields) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const { run, isBusy, trouble } = useAction(async () => {
    await api.signIn(name.trim(), password);
    await onSignedIn();
  });
  useLayoutEffect(() => first.current?.focus(), []);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      {why && <p class="muted">{why}</p>}
      <div class="field">
        <label for="name">E-mail or username</label>
        <input
          id="name"
          ref={first}
          type="text"
          required
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <Password value={password} onInput={setPassword} />
      <Trouble of={trouble} />
      <button type="submit" class="btn primary" aria-disabled={isBusy}>
        Sign in
      </button>
      <p class="muted small">
        First start? Open the link that the terminal shows, or that lies in <code>.latchkey/welcome</code>. Lost
        password: run <code>npm run reset-password</code> there.
      </p>
    </form>
  );
}

function Password({ value, onInput }: { value: string; onInput(value: string): void }) {
  return (
    <div class="field">
      <label for="password">Password</label>
      <input
        id="password"
        type="password"
        required
        autoComplete="current-password"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

/** What whoever is signed out sees, whatever the address. */
export function SignIn({ onSignedIn }: Fields) {
  useEffect(() => {
    document.title = 'Sign in · Latchkey';
  }, []);
  return (
    <main class="sign">
      <div class="panel">
        <p class="brand">
          <Icon of="key" />
          Latchkey
        </p>
        <h1 tabIndex={-1}>Sign in</h1>
        <SignInForm onSignedIn={onSignedIn} />
      </div>
    </main>
  );
}

/** The same in front of a page whose session has ended: what was typed into it stays. */
export function SignInAgain({ onSignedIn }: Fields) {
  return (
    <Dialog title="Sign in" class="cover">
      <SignInForm onSignedIn={onSignedIn} why="Your session has ended. Afterwards you are where you were." />
    </Dialog>
  );
}

/** For what a session may do only shortly after its password was typed. */
export function PasswordAgain({ onDone, onClose }: { onDone(): void; onClose(): void }) {
  const [password, setPassword] = useState('');
  const confirm = async () => {
    await api.reauthenticate(password);
    onDone();
  };
  return (
    <Question title="Confirm that it is you" verb="Confirm" onClose={onClose} onSubmit={confirm}>
      <p class="muted">You signed in a while ago. Keys are made with the password typed in the last 15 minutes.</p>
      <Password value={password} onInput={setPassword} />
    </Question>
  );
}
