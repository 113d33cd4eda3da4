import { useEffect, useRef, useState } from 'preact/hooks';
import { Trouble, useAction } from './action.tsx';
import { api, type DeviceLogin, Refusal } from './api.ts';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { usePlace } from './router.ts';
import { say } from './state.ts';
import { Time } from './time.tsx';

const unknown = new Refusal(
  404,
  'Nothing waits with this code. It is good for 10 minutes, and once: see that you have it right.',
);

/** A 404 in words that fit what was asked. */
function inWords(thrown: Error): never {
  throw thrown instanceof Refusal && thrown.status === 404 ? unknown : thrown;
}

/** A command line that wants in: whoever reads the code on their own terminal allows it, or turns it away (RFC 8628). */
export function DevicePage() {
  const asked = usePlace().searchParams.get('code') ?? '';
  const [code, setCode] = useState(asked);
  const [login, setLogin] = useState<DeviceLogin>();
  const field = useRef<HTMLInputElement>(null);
  const { run, isBusy, trouble } = useAction(async () => setLogin(await api.inspectDevice(code).catch(inWords)));
  useEffect(() => {
    if (asked) run();
    else field.current?.focus();
  }, []);
  return (
    <>
      <Head title="Sign in a command line">
        <code>latchkey login --web</code> shows a code, and waits here for your answer.
      </Head>
      {login ? (
        <Answer key={login.user_code} to={login} onAnswered={setLogin} />
      ) : (
        <section class="panel device">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              run();
            }}
          >
            <div class="field">
              <label for="code">Code</label>
              <input
                id="code"
                ref={field}
                class="mono"
                type="text"
                required
                maxLength={32}
                autoComplete="off"
                autoCapitalize="characters"
                spellcheck={false}
                placeholder="WDJB-MJHT"
                value={code}
                onInput={(event) => setCode(event.currentTarget.value)}
              />
            </div>
            <Trouble of={trouble} />
            <div>
              <button type="submit" class="btn primary" aria-disabled={isBusy}>
                Look it up
              </button>
            </div>
          </form>
        </section>
      )}
    </>
  );
}

function Answer({ to: login, onAnswered }: { to: DeviceLogin; onAnswered(login: DeviceLogin): void }) {
  const { name, user_code, address, from_here, user_agent, created_at, state } = login;
  const heading = useRef<HTMLHeadingElement>(null);
  const allow = useAction(async () => {
    onAnswered(await api.allowDevice(user_code).catch(inWords));
    say(`“${name}” is signed in.`);
  });
  const refuse = useAction(async () => {
    onAnswered(await api.refuseDevice(user_code).catch(inWords));
    say(`“${name}” is refused.`);
  });
  const isBusy = allow.isBusy || refuse.isBusy;
  useEffect(() => heading.current?.focus(), [state]);
  if (state !== 'waiting')
    return (
      <section class="panel device" aria-labelledby="asked">
        <h2 id="asked" ref={heading} tabIndex={-1}>
          {state === 'allowed' ? `“${name}” is signed in` : `“${name}” is refused`}
        </h2>
        <p class="muted">
          {state === 'allowed'
            ? 'Go back to its terminal: it goes on within a few seconds. Sessions ends it again, at any time.'
            : 'It was told so, and its code opens nothing any more.'}
        </p>
        <p>
          <Link to="/sessions">Sessions</Link>
        </p>
      </section>
    );
  return (
    <section class="panel device" aria-labelledby="asked">
      <h2 id="asked" ref={heading} tabIndex={-1}>
        “{name}” asks to be signed in as you
      </h2>
      <dl>
        <dt>Code</dt>
        <dd class="mono code">{user_code}</dd>
        <dt>Asks for</dt>
        <dd>A session: all that you may do, on every API of this server, until it is ended</dd>
        <dt>From</dt>
        <dd>
          {address ?? 'an unknown address'}
          <span class="sub">{from_here ? 'the address that you ask from' : 'not the address that you ask from'}</span>
        </dd>
        <dt>Program</dt>
        <dd>{user_agent ?? 'does not say'}</dd>
        <dt>Asked</dt>
        <dd>
          <Time at={created_at} />
        </dd>
      </dl>
      <p class="note warn">
        Allow only what you have started yourself, a moment ago, and only if your own terminal shows this code. Whoever
        sent you here by a link would get in as you.
      </p>
      <Trouble of={allow.trouble} again={allow.run} />
      <Trouble of={refuse.trouble} again={refuse.run} />
      <p class="acts">
        <button type="button" class="btn primary" aria-disabled={isBusy} onClick={() => !isBusy && allow.run()}>
          Allow
        </button>
        <button type="button" class="btn" aria-disabled={isBusy} onClick={() => !isBusy && refuse.run()}>
          Refuse
        </button>
      </p>
    </section>
  );
}
