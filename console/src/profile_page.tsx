import { useEffect, useRef, useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { api, type Me } from './api.ts';
import { Head } from './head.tsx';
import { titled } from './member_questions.tsx';
import { me } from './session.ts';
import { say, tell } from './state.ts';
import { dated, Time } from './time.tsx';

/** What is known of whoever sits there, and their password. */
export function ProfilePage() {
  const user = me.use();
  return (
    <>
      <Head title="Profile">Who you are here, and how you sign in.</Head>
      <section class="panel form" aria-labelledby="about-you" aria-busy={!user}>
        <header>
          <h2 id="about-you">About you</h2>
          <span class="muted small">
            {user && (
              <>
                {user.role ? titled(user.role) : 'No role'} in “{user.account.name}”, here since{' '}
                <Time at={user.created_at} as={dated} />
              </>
            )}
          </span>
        </header>
        {user ? <AboutYou key={user.id} of={user} /> : <div class="facts waiting" />}
      </section>
      {/* Below what has its height by then, so that nothing moves. */}
      {user && (
        <section class="panel form" aria-labelledby="your-password">
          <header>
            <h2 id="your-password">Password</h2>
          </header>
          <NewPassword name={user.email} />
        </section>
      )}
    </>
  );
}

const fields = ['first_name', 'last_name', 'username', 'email'] as const;
type Fields = Record<(typeof fields)[number], string>;
const labels: Fields = { first_name: 'First name', last_name: 'Last name', username: 'Username', email: 'E-mail' };
const hints: Fields = { first_name: 'given-name', last_name: 'family-name', username: 'username', email: 'email' };

const typed = (user: Me) => Object.fromEntries(fields.map((name) => [name, user[name] ?? ''])) as Fields;

function AboutYou({ of: user }: { of: Me }) {
  const [draft, set] = useState(() => typed(user));
  const before = useRef(typed(user));
  // What was changed elsewhere is shown where nothing was typed.
  useEffect(() => {
    const now = typed(user);
    const old = before.current;
    before.current = now;
    set(
      (draft) =>
        Object.fromEntries(fields.map((name) => [name, draft[name] === old[name] ? now[name] : draft[name]])) as Fields,
    );
  }, [user]);
  const { run, isBusy, trouble } = useAction(async () => {
    const changed = fields.filter((name) => draft[name].trim() !== before.current[name]);
    if (changed.length === 0) return say('Nothing was changed.');
    const changes = Object.fromEntries(changed.map((name) => [name, draft[name].trim() || null]));
    me.set(await api.updateMe(changes));
    tell('me');
    say('Your profile is saved.');
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <div class="pair">
        {fields.map((name) => (
          <div class="field" key={name}>
            <label for={`profile-${name}`}>{labels[name]}</label>
            <input
              id={`profile-${name}`}
              type={name === 'email' ? 'email' : 'text'}
              required={name === 'email'}
              maxLength={name === 'email' ? 320 : 255}
              autoComplete={hints[name]}
              autoCapitalize={name.endsWith('_name') ? 'words' : 'none'}
              value={draft[name]}
              onInput={(event) => set({ ...draft, [name]: event.currentTarget.value })}
            />
          </div>
        ))}
      </div>
      <Trouble of={trouble} />
      <footer>
        <button type="submit" class="btn primary" aria-disabled={isBusy}>
          Save
        </button>
      </footer>
    </form>
  );
}

function NewPassword({ name }: { name: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [endsOthers, endOthers] = useState(true);
  const { run, isBusy, trouble } = useAction(async () => {
    await api.changePassword({ current_password: current, new_password: next, end_other_sessions: endsOthers });
    setCurrent('');
    setNext('');
    tell('sessions');
    say('The new password holds.');
  });
  const field = (id: string, label: string, value: string, onInput: (value: string) => void) => (
    <div class="field">
      <label for={`password-${id}`}>{label}</label>
      <input
        id={`password-${id}`}
        type="password"
        required
        maxLength={1024}
        autoComplete={`${id}-password`}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <input type="hidden" name="username" autoComplete="username" value={name} />
      <div class="pair">
        {field('current', 'Current password', current, setCurrent)}
        {field('new', 'New password', next, setNext)}
      </div>
      <label class="check">
        <input type="checkbox" checked={endsOthers} onChange={(event) => endOthers(event.currentTarget.checked)} />
        <span>
          End my other sessions
          <span class="sub">Keys go on: they are none of these.</span>
        </span>
      </label>
      <Trouble of={trouble} />
      <footer>
        <button type="submit" class="btn primary" aria-disabled={isBusy}>
          Change password
        </button>
      </footer>
    </form>
  );
}
