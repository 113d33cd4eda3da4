import { useEffect, useRef, useState } from 'preact/hooks';
import { sentence, Trouble, useAction } from './action.tsx';
import { Away, api, type OneTimeLink, Refusal } from './api.ts';
import { Icon } from './icons.tsx';
import { Link } from './link.tsx';
import { go } from './router.ts';
import { me, signedIn } from './session.ts';
import { isAway, server, tell } from './state.ts';
import { welcomeCode } from './welcome_code.ts';

/** What a one-time link opens: a password is chosen, and whoever chose it is signed in. */
export function WelcomePage() {
  const code = welcomeCode.use();
  const [link, setLink] = useState<OneTimeLink>();
  const [trouble, setTrouble] = useState<Error>();
  const away = isAway.use();
  useEffect(() => {
    document.title = 'Choose a password · Latchkey';
  }, []);
  const look = async () => {
    setTrouble(undefined);
    await api.inspectLink(code).then(setLink, setTrouble);
  };
  useEffect(() => {
    if (code && !away && !link) look();
  }, [code, away]);
  const isOver = trouble instanceof Refusal && trouble.status === 404;
  return (
    <div class="panel">
      <p class="brand">
        <Icon of="key" />
        Latchkey
      </p>
      <h1 tabIndex={-1}>{code && isOver ? 'This link opens nothing' : 'Choose a password'}</h1>
      {!code && <AskForCode />}
      {code && isOver && <Over />}
      {code && !isOver && (
        <>
          <p class="muted whose">{link ? about(link) : ' '}</p>
          {trouble && !(trouble instanceof Away) && <p role="alert">{sentence(trouble)}</p>}
          <Choose code={code} link={link} />
        </>
      )}
    </div>
  );
}

const dead = new Refusal(
  404,
  'This link opens nothing any more: it was used, it is over, or there is a newer one. Open that: what you typed stays.',
);

function about({ kind, email, account, role }: OneTimeLink): string {
  if (kind === 'first_password') return `For ${email}, the owner of this server.`;
  if (kind === 'password_reset') return `A new one for ${email}. It ends what the old one opened; API keys go on.`;
  return `For ${email}, who is invited into “${account}” as ${role}.`;
}

function Choose({ code, link }: { code: string; link: OneTimeLink | undefined }) {
  const [password, setPassword] = useState('');
  const [isShown, show] = useState(false);
  const sent = useRef('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { run, isBusy, trouble } = useAction(async () => {
    const { kind, email } = link ?? (await api.inspectLink(code));
    await api.redeemLink(code, password).catch((thrown) => {
      if (thrown instanceof Away) sent.current = code;
      if (!(thrown instanceof Refusal && thrown.status === 404)) throw thrown;
      // The answer to an earlier try may have been lost: then the link has done what it is for, and the password is right.
      if (sent.current !== code) throw dead;
    });
    const isLost = sent.current === code;
    sent.current = code;
    await api.signIn(email, password).catch((thrown) => {
      throw isLost && thrown instanceof Refusal && thrown.status === 401 ? dead : thrown;
    });
    me.set(null);
    await signedIn();
    tell('signed in');
    welcomeCode.set('');
    go(kind === 'first_password' ? '/keys?generate=first' : '/', true);
  });
  const least = server.passwordLength ?? 8;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      {/* Whoever keeps passwords for people keeps them by this. */}
      <span class="unseen" aria-hidden="true">
        <input type="text" autoComplete="username" value={link?.email ?? ''} readOnly tabIndex={-1} />
      </span>
      <div class="field">
        <label for="password">Password</label>
        <input
          id="password"
          ref={field}
          type={isShown ? 'text' : 'password'}
          required
          maxLength={1024}
          autoComplete={link?.kind === 'invitation' ? 'current-password' : 'new-password'}
          aria-describedby="rules"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <span class="sub" id="rules">
          {least} characters or more; none that many others have, and none made of your name or address.
          {link?.kind === 'invitation' && ' If you have a user here already, type the one that you have.'}
        </span>
      </div>
      <label class="check">
        <input type="checkbox" checked={isShown} onChange={(event) => show(event.currentTarget.checked)} />
        <span>Show it</span>
      </label>
      <Trouble of={trouble} />
      <button type="submit" class="btn primary" aria-disabled={isBusy}>
        {link?.kind === 'invitation' ? 'Join' : 'Choose password'}
      </button>
    </form>
  );
}

/** The page was loaded again, or opened without what stands behind the `#`. */
function AskForCode() {
  const [text, setText] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        welcomeCode.set(text.trim().replace(/^.*#/, ''));
      }}
    >
      <div class="field">
        <label for="code">Link or code</label>
        <input
          id="code"
          type="text"
          required
          autoComplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="sub">
          The link is good once. <code>npm start</code> showed it on the terminal, or it lies in{' '}
          <code>.latchkey/welcome</code>; or somebody sent it to you.
        </span>
      </div>
      <button type="submit" class="btn primary">
        Go on
      </button>
    </form>
  );
}

function Over() {
  return (
    <>
      <p class="muted">
        It was used, it is over, or there is a newer one. Whoever runs the server gets another from{' '}
        <code>npm run owner-link</code>; an invitation is made again by whoever made it.
      </p>
      <p>
        <Link to="/">Sign in</Link>
      </p>
    </>
  );
}
