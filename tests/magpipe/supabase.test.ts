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
  opened = await openHouse();
  server = createServer(opened.app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await opened.close();
});

const client = (key = applicationKey) =>
  createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node 20 has no WebSocket of its own, and nothing here opens one.
    realtime: { transport: class {} as never },
  });
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

it('hears that signing up is closed', async () => {
  const { error } = await client().auth.signUp({ email: 'new@example.com', password: 'long enough' });
  expect(error).toMatchObject({ status: 422, code: 'signup_disabled' });
});
