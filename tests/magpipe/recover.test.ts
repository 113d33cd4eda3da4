import { afterAll, beforeAll, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import { type Magpipe, openMagpipe } from '../support/magpipe.ts';

let magpipe: Magpipe;
beforeAll(async () => {
  magpipe = await openMagpipe();
});
afterAll(() => magpipe.close());

/** As supabase-js sends it. */
const recover = (body: unknown, headers: Record<string, string> = { apikey: applicationKey }) =>
  magpipe.send('POST', '/auth/v1/recover?redirect_to=https%3A%2F%2Fapp.example', { body, headers });
const whole = (email: unknown) => ({
  email,
  code_challenge: null,
  code_challenge_method: null,
  gotrue_meta_security: { captcha_token: undefined },
});

it('is 200 {} for every address, and needs the application key alone', async () => {
  const { email } = await magpipe.person();
  for (const address of [email, 'nobody@magpipe.test']) {
    const { status, body } = await recover(whole(address));
    expect([address, status, body]).toEqual([address, 200, {}]);
  }
  expect((await recover(whole(email), {})).status).toBe(401);
});

it.each([
  [{}, 'Password recovery requires an email'],
  [{ email: '' }, 'Password recovery requires an email'],
  [{ email: null }, 'Password recovery requires an email'],
  [{ email: 'none' }, 'Unable to validate email address: invalid format'],
  [{ email: ['a@b.c'] }, 'Unable to validate email address: invalid format'],
])('400 validation_failed: %j', async (body, msg) => {
  const { status, body: told } = await recover(body);
  expect([status, told]).toEqual([400, { code: 400, error_code: 'validation_failed', msg }]);
});

it('429 in its own envelope after ten for one address', async () => {
  const tries: number[] = [];
  for (let n = 0; n < 11; n += 1) tries.push((await recover(whole('often@magpipe.test'))).status);
  expect(tries).toEqual([...Array(10).fill(200), 429]);
});
