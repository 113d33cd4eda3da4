import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applicationKey, openHouse, ownerPassword, type TestHouse } from '../support/house.ts';

// The vendor's own client, unmodified, against a listening server.

let opened: TestHouse;
let server: Server;
let url: string;

beforeAll(async () => {
  opened = await openHouse({ LATCHKEY_OPEN_SIGN_UP: 'true' });
  server = createServer(opened.app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await opened.close();
});

const client = (key = applicationKey, fetching: typeof fetch = fetch) =>
  createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: fetching },
    // Node 20 has no WebSocket of its own, and nothing here opens one.
    realtime: { transport: class {} as never },
  });
/** A client, and what it told its application. */
const listening = (fetching?: typeof fetch) => {
  const supabase = client(applicationKey, fetching);
  const events: string[] = [];
  supabase.auth.onAuthStateChange((event) => void events.push(event));
  return { auth: supabase.auth, events };
};
/** As a browser on a page of another origin: headers that are not exposed are not there. */
const fromElsewhere: typeof fetch = async (input, init) => {
  const { status, headers, body } = await fetch(input, init);
  const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/[\s,]+/);
  const seen = [...headers].filter(([name]) => ['content-type', 'cache-control', ...exposed].includes(name));
  return new Response(status === 204 ? null : body, { status, headers: seen });
};
const owner = { email: 'owner@example.com', password: ownerPassword };

it('signs in, gets the user, refreshes, signs out', async () => {
  const supabase = client();
  const { data, error } = await supabase.auth.signInWithPassword(owner);
  expect(error).toBeNull();
  expect(data.user?.email).toBe(owner.email);
  expect(data.session).toMatchObject({ token_type: 'bearer', expires_in: 3600 });

  const user = await supabase.auth.getUser();
  expect(user.data.user?.id).toBe(data.user?.id);

  const refreshed = await supabase.auth.refreshSession();
  expect(refreshed.error).toBeNull();
  expect(refreshed.data.session?.refresh_token).not.toBe(data.session?.refresh_token);

  const access = refreshed.data.session?.access_token as string;
  expect((await supabase.auth.signOut()).error).toBeNull();
  expect((await client().auth.getUser(access)).error).toMatchObject({ name: 'AuthSessionMissingError' });
});

it('checks a JWT by our published keys', async () => {
  const supabase = client();
  const { data } = await supabase.auth.signInWithPassword(owner);
  const claims = await supabase.auth.getClaims(data.session?.access_token);
  expect(claims.data?.claims).toMatchObject({ email: owner.email, role: 'authenticated' });
});

it('hears of a wrong password, and of a wrong application key', async () => {
  const wrong = await client().auth.signInWithPassword({ ...owner, password: 'wrong password' });
  expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials', message: 'Invalid login credentials' });
  expect((await client('x'.repeat(40)).auth.signInWithPassword(owner)).error).toMatchObject({ status: 401 });
});

it('A12: the answer of a refresh is lost for twelve seconds: the client asks again by itself, and stays signed in', async () => {
  let losing = false;
  const losingOne: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    if (!losing) return answer;
    losing = false;
    const { db } = opened.house;
    const used_at = db.raw(`used_at - interval '12 seconds'`) as unknown as string;
    await db('refresh_tokens').whereNotNull('used_at').update({ used_at });
    throw new TypeError('fetch failed');
  };
  const { auth, events } = listening(losingOne);
  await auth.signInWithPassword(owner);
  losing = true;
  const { data, error } = await auth.refreshSession();
  expect([error, losing]).toEqual([null, false]);
  expect((await auth.getUser()).data.user?.id).toBe(data.user?.id);
  expect((await auth.refreshSession()).error).toBeNull();
  expect(events).not.toContain('SIGNED_OUT');
});

it('A13: in a browser, on a page of another origin, each error has its code', async () => {
  const { auth } = client(applicationKey, fromElsewhere);
  const email = 'codes@example.com';
  await auth.signUp({ email, password: 'long enough to be one' });
  const { auth: signedIn } = client(applicationKey, fromElsewhere);
  await signedIn.signInWithPassword({ email, password: 'long enough to be one' });
  const codes = [
    await auth.signInWithPassword({ email, password: 'wrong password' }),
    await auth.signUp({ email, password: 'long enough to be one' }),
    await auth.signUp({ email: 'weak@example.com', password: 'short' }),
    await auth.signInAnonymously(),
    await auth.signInWithPassword({ phone: '+15550100', password: 'x' }),
    await auth.signInWithIdToken({ provider: 'google', token: 'a.b.c' }),
    await auth.refreshSession({ refresh_token: 'unknown-unknown' }),
    await signedIn.updateUser({ password: 'another long password' }),
    await signedIn.updateUser({ phone: '+15550100' }),
    await auth.signInWithOtp({ email }),
    await auth.resetPasswordForEmail('no address'),
    await auth.getUser('garbage'),
  ].map(({ error }) => error?.code);
  expect(codes).toEqual([
    ...['invalid_credentials', 'user_already_exists', 'weak_password', 'anonymous_provider_disabled'],
    ...['phone_provider_disabled', 'provider_disabled', 'refresh_token_not_found', 'current_password_required'],
    ...['phone_provider_disabled', 'not_found', 'validation_failed', 'bad_jwt'],
  ]);
  expect(await auth.resetPasswordForEmail(email)).toEqual({ data: {}, error: null });
});

it('A14: a session that was ended elsewhere: the next question signs the tab out', async () => {
  const { auth, events } = listening(fromElsewhere);
  await auth.signInWithPassword(owner);
  const elsewhere = client();
  await elsewhere.auth.signInWithPassword(owner);
  expect((await elsewhere.auth.signOut({ scope: 'others' })).error).toBeNull();

  expect((await auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
  expect(events.at(-1)).toBe('SIGNED_OUT');
  expect((await auth.getSession()).data.session).toBeNull();
  expect((await elsewhere.auth.getUser()).error).toBeNull();
  expect((await elsewhere.auth.signOut()).error).toBeNull();
});

it('A15: what is given at sign-up and by updateUser is kept, merged, and in the next token', async () => {
  const { auth, events } = listening();
  const data = { name: 'Ada', seen: { tour: true } };
  const made = await auth.signUp({ email: 'ada@example.com', password: 'analytical engine', options: { data } });
  expect(made.error).toBeNull();
  expect(made.data.user?.user_metadata).toMatchObject({ ...data, email: 'ada@example.com', email_verified: true });

  const changed = await auth.updateUser({ data: { name: null, avatar: 'https://x.test/a.png' } });
  expect(changed.error).toBeNull();
  const kept = { seen: { tour: true }, avatar: 'https://x.test/a.png', email: 'ada@example.com' };
  expect(changed.data.user?.user_metadata).toMatchObject(kept);
  expect(changed.data.user?.user_metadata).not.toHaveProperty('name');
  expect(events.at(-1)).toBe('USER_UPDATED');

  await auth.refreshSession();
  expect((await auth.getClaims()).data?.claims.user_metadata).toMatchObject(kept);
  const other = client();
  const signedIn = await other.auth.signInWithPassword({ email: 'ada@example.com', password: 'analytical engine' });
  expect(signedIn.data.user?.user_metadata).toMatchObject(kept);
});

it('A3: a new password signs the other tab out, and not the one that changed it', async () => {
  const person = { email: 'grace@example.com', password: 'nanosecond of wire' };
  const [tab, other] = [listening(), listening()];
  await tab.auth.signUp(person);
  await other.auth.signInWithPassword(person);
  const change = { password: 'another nanosecond', current_password: person.password };
  expect((await tab.auth.updateUser(change)).error).toBeNull();
  expect((await other.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
  expect((await other.auth.refreshSession()).error).not.toBeNull();
  expect((await tab.auth.getUser()).error).toBeNull();
  expect((await tab.auth.refreshSession()).error).toBeNull();
});

it('hears that signing up is closed', async () => {
  opened.house.config.openSignUp = false;
  const { error } = await client().auth.signUp({ email: 'new@example.com', password: 'long enough' });
  expect(error).toMatchObject({ status: 422, code: 'signup_disabled' });
});
