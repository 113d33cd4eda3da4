import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { noticeEndingKeys } from '../../src/core/mail/ending_keys.ts';
import { sendMail } from '../../src/core/mail/send_mail.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { applicationKey } from '../support/house.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Magpipe, password } from '../support/magpipe.ts';
import { type Arrived, type Mailbox, openMailbox } from '../support/mailbox.ts';

const publicUrl = 'https://keys.example.test';
const better = 'a longer horse, a better battery';

let mailbox: Mailbox;
let latchkey: Latchkey;
let nowhere: Magpipe;
let worker: Worker;
let owner: string;
beforeAll(async () => {
  mailbox = await openMailbox();
  latchkey = await openLatchkey({ LATCHKEY_SMTP_URL: mailbox.url, LATCHKEY_PUBLIC_URL: publicUrl });
  nowhere = await latchkey.twin({ publicUrl: undefined });
  const { connectionString } = latchkey.house.db.client.config.connection as { connectionString: string };
  worker = await startWorker(latchkey.house, connectionString);
  owner = await latchkey.session();
});
afterAll(async () => {
  await worker.stop();
  await latchkey.close();
  await mailbox.close();
});
beforeEach(async () => {
  mailbox.isFull = false;
  await hurry();
  await idle();
  mailbox.mails.length = 0;
});

/** The next mails, as soon as they are there. */
const arrived = async (count = 1): Promise<Arrived[]> => {
  await vi.waitFor(() => expect(mailbox.mails.length).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 20 });
  return mailbox.mails;
};
const jobs = async () =>
  (await latchkey.house.db.raw(`select * from graphile_worker.jobs where task_identifier = 'mail'`)).rows;
/** Until the server has refused what is in the queue. */
const refused = () =>
  vi.waitFor(async () => expect((await jobs())[0]?.last_error).toContain('451'), { timeout: 10_000, interval: 20 });
const idle = () => vi.waitFor(async () => expect(await jobs()).toEqual([]), { timeout: 10_000, interval: 20 });
/** Has what is put off for later tried now. */
const hurry = async () => {
  await latchkey.house.db.raw(
    'select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), now())',
  );
  await latchkey.house.db.raw('notify "jobs:insert"');
};
const codeOf = ({ text }: Arrived) =>
  /^https:\/\/keys\.example\.test\/welcome#(\w{3}_[\w-]{43})$/m.exec(text)?.[1] ?? '';
const redeem = (code: string) => latchkey.ask(undefined, 'POST', '/links/redeem', { code, password: better });
const invite = (email: string) => latchkey.ask(owner, 'POST', '/invitations', { email, role: 'viewer' });

describe('a link', () => {
  it('of an invitation is mailed and in no answer; it has the public host, whatever the caller writes', async () => {
    const body = { email: 'ada@mail.test', role: 'viewer' };
    const made = await latchkey.ask(owner, 'POST', '/invitations', body, { Host: 'evil.test' });
    expect([made.status, made.body.mailed, made.body.url]).toEqual([201, true, null]);
    const [mail] = (await arrived()) as [Arrived];
    expect([mail.from, mail.to]).toEqual(['latchkey@keys.example.test', ['ada@mail.test']]);
    expect(mailbox.users).toContain('post:p@ss');
    expect(mail.text).not.toContain('evil.test');
    expect((await redeem(codeOf(mail))).body).toEqual({ kind: 'invitation', email: 'ada@mail.test' });
  });

  it('of a reset that was asked for is mailed to whoever has the address, and to nobody else', async () => {
    const person = await latchkey.person();
    const at: [string, object?][] = [['/v1/password-resets'], ['/auth/v1/recover?redirect_to=https://evil.test']];
    for (const [path] of at) {
      mailbox.mails.length = 0;
      for (const email of ['nobody@mail.test', person.email.toUpperCase()]) {
        const sent = await latchkey.send('POST', path, { body: { email }, headers: { apikey: applicationKey } });
        expect([path, sent.status, sent.text.includes('#')]).toEqual([path, path.startsWith('/v1') ? 202 : 200, false]);
      }
      const mails = await arrived();
      await idle();
      expect(mails.map(({ to }) => to)).toEqual([[person.email]]);
      expect(mails[0]?.text).not.toContain('evil.test');
    }
    expect((await redeem(codeOf(mailbox.mails[0] as Arrived))).status).toBe(200);
    expect((await latchkey.ask(undefined, 'POST', '/sessions', { email: person.email, password: better })).status).toBe(
      201,
    );
  });

  it('check 50: asking costs the same statements, whether anybody has the address or not', async () => {
    // Without a worker: whatever is asked of the database, the request asks.
    const quiet = await openLatchkey({ LATCHKEY_SMTP_URL: mailbox.url, LATCHKEY_PUBLIC_URL: publicUrl });
    const { email } = await quiet.person();
    const ask = (email: string) => quiet.ask(undefined, 'POST', '/password-resets', { email });
    const known = await quiet.statements(() => ask(email));
    const unknown = await quiet.statements(() => ask('nobody-at-all@mail.test'));
    await quiet.close();
    expect(known.length).toBeGreaterThan(0);
    expect(known).toEqual(unknown);
  });

  it('of a member’s reset is mailed to them alone, also where they belong to other accounts', async () => {
    const person = await latchkey.person({ roleIds: [4] });
    await latchkey.house.db('memberships').insert({ account_id: await latchkey.account(), user_id: person.id });
    const made = await latchkey.ask(owner, 'POST', `/members/usr_${person.uuid.replaceAll('-', '')}/password-reset`);
    expect([made.status, made.body.mailed, made.body.url]).toEqual([201, true, null]);
    const [mail] = (await arrived()) as [Arrived];
    expect([mail.to, (await redeem(codeOf(mail))).status]).toEqual([[person.email], 200]);
  });

  it('is in no queue: its code is made when it leaves', async () => {
    mailbox.isFull = true;
    await invite('queued@mail.test');
    await refused();
    const { rows } = await latchkey.house.db.raw('select j::text as row from graphile_worker._private_jobs j');
    expect(JSON.stringify(rows)).not.toMatch(/inv_[\w-]{43}/);
    mailbox.isFull = false;
    await hurry();
    const [mail] = (await arrived()) as [Arrived];
    expect((await redeem(codeOf(mail))).status).toBe(200);
    await idle();
  });

  it('that was taken back before it left is not mailed', async () => {
    mailbox.isFull = true;
    const { body } = await invite('late@mail.test');
    await refused();
    await latchkey.ask(owner, 'DELETE', `/invitations/${body.id}`);
    mailbox.isFull = false;
    await hurry();
    await idle();
    expect(mailbox.mails).toEqual([]);
  });
});

describe('a notice', () => {
  it('check 59: of a new key, on whatever surface, and of a rotated one', async () => {
    const person = await latchkey.person();
    const session = await latchkey.session(person);
    const { id } = await latchkey.made(session, { name: 'on /v1' });
    await latchkey.manage(session, { action: 'generate', name: 'on Magpipe’s 🚀' });
    await latchkey.ask(session, 'POST', `/keys/${id}/rotate`, {});
    const mails = await arrived(3);
    expect(mails.map(({ to }) => to)).toEqual(Array(3).fill([person.email]));
    for (const [index, name] of ['on /v1', 'on Magpipe’s 🚀', 'on /v1'].entries())
      expect(mails[index]?.text).toContain(`The API key “${name}” was made at `);
    for (const { text } of mails) expect(text).not.toMatch(/mgp_/);
  });

  it('check 59: of a changed password, whoever changed it', async () => {
    const person = await latchkey.person();
    const session = await latchkey.session(person);
    await latchkey.ask(session, 'PUT', '/me/password', { current_password: password, new_password: better });
    const [mail] = (await arrived()) as [Arrived];
    expect([mail.to, mail.text.includes('Your password was changed at ')]).toEqual([[person.email], true]);
  });

  it('check 36: of a key that leaked', async () => {
    const person = await latchkey.person();
    const key = await latchkey.key(person, { name: 'spilt' });
    await latchkey.ask(undefined, 'POST', '/keys/leaked', { key });
    const [mail] = (await arrived()) as [Arrived];
    expect([mail.to, mail.text.includes('The API key “spilt” was found')]).toEqual([[person.email], true]);
    expect(mail.text).not.toContain(key.slice(4));
  });

  it('of a key that ends in 7 days, once for each end; not of one that was made for less, or that has ended', async () => {
    const person = await latchkey.person();
    const { db } = latchkey.house;
    const days = (n: number) => db.raw('now() + make_interval(days => ?::int)', [n]) as unknown as string;
    const key = (name: string, ends: number, columns = {}) =>
      latchkey.key(person, { name, created_at: days(-30), expires_at: days(ends), ...columns });
    await key('soon', 6);
    await key('later', 8);
    await key('over', -1);
    await key('short', 6, { created_at: days(-0) });
    await key('revoked', 6, { revoked_at: days(-1) });
    await key('off', 6, { is_enabled: false });
    for (let n = 0; n < 2; n += 1) await noticeEndingKeys(latchkey.house);
    await arrived();
    await idle();
    expect(mailbox.mails.map(({ to, text }) => [to, /“(.*)”/.exec(text)?.[1]])).toEqual([[[person.email], 'soon']]);
    await db('api_keys')
      .where({ name: 'soon' })
      .update({ expires_at: days(5) });
    await noticeEndingKeys(latchkey.house);
    await arrived(2);
  });
});

describe('what people write', () => {
  it('adds no header and no recipient', async () => {
    const person = await latchkey.person();
    const session = await latchkey.session(person);
    const { db } = latchkey.house;
    // Stored as no surface takes it today: what is old may be so.
    await latchkey.made(session, { name: 'plain' });
    await arrived();
    mailbox.mails.length = 0;
    const name = 'x\r\nBcc: evil@mail.test\r\n\r\nbody';
    const at = new Date().toISOString();
    await sendMail(latchkey.house, { letter: 'key_made', user_id: person.id, name, at });
    for (const email of ['a,evil@mail.test', '<evil@mail.test>', '"a"@mail.test', 'a@[mail.test', 'evil:a@mail.test']) {
      await db('users').where({ id: person.id }).update({ email });
      await sendMail(latchkey.house, { letter: 'password_changed', user_id: person.id, at });
      expect((await invite(email)).status).toBe(400);
    }
    const mails = await arrived();
    expect(mails.map(({ to }) => to)).toEqual([[person.email]]);
    for (const { headers } of mails) expect(headers).not.toMatch(/^bcc:/im);
    expect(mails[0]?.headers).toMatch(/^subject: .*x Bcc: evil@mail\.test body$/im);
  });

  it('may be of any script', async () => {
    await latchkey.house
      .db('accounts')
      .update({ name: '株式会社 🚀' })
      .where({ id: latchkey.house.installation.accountId });
    await invite('unicode@mail.test');
    const [mail] = (await arrived()) as [Arrived];
    expect(mail.text).toContain('You are invited into 株式会社 🚀 on https://keys.example.test.');
    expect(mail.headers).toMatch(/^subject: =\?UTF-8\?/im);
  });
});

describe('where nothing is mailed', () => {
  it('without a public URL: links are in the answer, and nothing is queued', async () => {
    const person = await latchkey.person();
    await idle();
    const session = (await nowhere.send('POST', '/v1/sessions', { body: { email: person.email, password } })).body;
    const headers = { authorization: `Bearer ${session.access_token}` };
    const body = { email: 'nowhere@mail.test', role: 'viewer' };
    const made = await nowhere.send('POST', '/v1/invitations', { body, headers });
    expect([made.status, made.body.mailed]).toEqual([201, false]);
    expect(made.body.url).toMatch(/^http:\/\/localhost:\d+\/welcome#inv_/);
    await nowhere.send('POST', '/v1/password-resets', { body: { email: person.email } });
    expect(await jobs()).toEqual([]);
  });

  it('where the server is down, the call is answered all the same, and the mail is not lost', async () => {
    const { config, ...house } = latchkey.house;
    const down = { ...house, config: { ...config, smtpUrl: 'smtp://127.0.0.1:1' } };
    const at = new Date().toISOString();
    await expect(sendMail(down, { letter: 'password_changed', user_id: 1, at })).rejects.toThrow(/ECONNREFUSED/);
    mailbox.isFull = true;
    const made = await invite('patient@mail.test');
    expect([made.status, made.body.mailed]).toEqual([201, true]);
    await refused();
    mailbox.isFull = false;
    await hurry();
    const [mail] = (await arrived()) as [Arrived];
    expect(mail.to).toEqual(['patient@mail.test']);
  });
});
