import { useEffect } from 'preact/hooks';
import { api, Declined, doors, type Me } from './api.ts';
import { isAway, server, shared, tell } from './state.ts';

/** Who is signed in; undefined while it is not known, null for nobody. */
export const me = shared<Me | null | undefined>(server.hasCookie ? undefined : null);

/** Who was here before, so that pages do not move while it is asked who is here now. */
export const lastRole = {
  get: () => (localStorage.getItem('role') as Me['role']) ?? undefined,
  set: (role: Me['role']) => localStorage.setItem('role', role ?? 'nobody'),
};

/** The role of who is here, or was here before; undefined where nobody was. */
export function useRole(): Me['role'] | undefined {
  const user = me.use();
  return user ? user.role : lastRole.get();
}

type Question = 'sign in' | 'password' | undefined;
/** What whoever sits there is asked before their request goes on. */
export const question = shared<Question>(undefined);

let settle: ((isAnswered: boolean) => void) | undefined;
let asked: Promise<void> | undefined;

function put(which: Question): Promise<void> {
  // Requests that wait for the same answer wait together; a session that ended makes the password moot.
  if (asked && question.get() === which) return asked;
  answer(false);
  question.set(which);
  asked = new Promise((resolve, reject) => {
    settle = (isAnswered) => (isAnswered ? resolve() : reject(new Declined()));
  });
  return asked;
}

/** Lets the requests that waited go on, or gives them up. */
export function answer(isAnswered: boolean) {
  question.set(undefined);
  settle?.(isAnswered);
  asked = undefined;
  settle = undefined;
}

doors.signIn = () => put('sign in');
doors.reauthenticate = () => put('password');

/** Finds out who is signed in, which asks them to sign in where nobody is. */
export async function look() {
  try {
    me.set(await api.me());
  } catch (thrown) {
    // The bar says that the server is away, and `useReturn` asks again.
    if (!isAway.get() && !(thrown instanceof Declined)) throw thrown;
  }
}

/** After a sign-in in this tab or in another. Somebody else's page is no place to go on. */
export async function signedIn() {
  const before = me.get();
  answer(true);
  await look();
  if (before && me.get()?.id !== before.id) location.reload();
}

export async function signOut() {
  await api.signOut();
  me.set(null);
  tell('signed out');
}

/** While the server is away it is asked every few seconds; then the page looks again. */
export function useReturn(back: () => void) {
  const away = isAway.use();
  useEffect(() => {
    if (!away) return;
    const timer = setInterval(async () => {
      if (await api.isThere()) back();
    }, 3000);
    return () => clearInterval(timer);
  }, [away]);
}
