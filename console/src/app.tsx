import { useEffect, useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { Finder } from './finder.tsx';
import { Icon } from './icons.tsx';
import { Link } from './link.tsx';
import { BottomBar, RailNav } from './nav.tsx';
import { Outlet } from './outlet.tsx';
import { isOpen } from './pages.ts';
import { usePlace } from './router.ts';
import { answer, lastRole, look, me, question, signedIn, signOut, useReturn } from './session.ts';
import { PasswordAgain, SignIn, SignInAgain } from './sign_in.tsx';
import { isAway, notice, tell, useNews } from './state.ts';

/** Everything: the sign-in form for nobody, else the frame with the page of this address. */
export function App() {
  const user = me.use();
  const asked = question.use();
  const { pathname } = usePlace();
  const isSignedOut = user === null || (!user && asked === 'sign in');
  useEffect(() => {
    if (user === undefined) look();
  }, []);
  useNews((news) => {
    if (news === 'signed in') signedIn();
    if (news === 'signed out') me.set(null);
    if (news === 'me') look();
  });
  useReturn(look);
  useEffect(() => {
    if (user) lastRole.set(user.role);
  }, [user]);

  const done = async () => {
    await signedIn();
    tell('signed in');
  };
  if (isOpen(pathname))
    return (
      <>
        <AwayBar />
        <Outlet />
      </>
    );
  return (
    <>
      <AwayBar />
      {isSignedOut ? <SignIn onSignedIn={done} /> : <Frame />}
      {!isSignedOut && asked === 'sign in' && <SignInAgain onSignedIn={done} />}
      {asked === 'password' && <PasswordAgain onDone={() => answer(true)} onClose={() => answer(false)} />}
    </>
  );
}

function AwayBar() {
  const away = isAway.use();
  return (
    <div class="away" role="status">
      {away && 'The server does not answer. This page goes on by itself once it does.'}
    </div>
  );
}

function Frame() {
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="rail">
        <Link class="brand" to="/overview">
          <Icon of="key" />
          Latchkey
        </Link>
        <Finder />
        <RailNav />
        <Who />
      </header>
      <Outlet />
      <BottomBar />
      <Notice />
    </div>
  );
}

function Who() {
  const user = me.use();
  const { run, isBusy, trouble } = useAction(signOut);
  return (
    <div class="who">
      <span class="avatar" aria-hidden="true">
        {(user?.username ?? user?.email ?? '').slice(0, 1).toUpperCase()}
      </span>
      <span class="names">
        <b>{user ? (user.username ?? user.email) : ' '}</b>
        <span class="muted">{user?.email ?? ' '}</span>
      </span>
      <button type="button" class="btn small" aria-disabled={isBusy} onClick={run}>
        Sign out
      </button>
      <Trouble of={trouble} again={run} />
    </div>
  );
}

/** What happened last. It goes by itself, and what it said is to be seen in the page as well. */
function Notice() {
  const text = notice.use();
  const [isShown, show] = useState(false);
  useEffect(() => {
    show(text !== '');
    const timer = setTimeout(() => show(false), 6000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="notice" role="status" data-shown={isShown}>
      {text}
    </div>
  );
}
