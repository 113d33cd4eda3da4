import type { Transporter } from 'nodemailer';
import type { Config } from '../../config.ts';
import { isMailable } from '../email.ts';
import type { House } from '../house.ts';
import { freshCode, linkAddress } from '../one_time_links/one_time_link.ts';
import { resetLinkFor } from '../one_time_links/resets.ts';
import { type Letter, letterOfLink, noticeOf } from './letters.ts';
import type { Mail } from './queue.ts';

/** How long a mail server may take for anything; milliseconds. */
const patience = 10_000;

/** Loaded with the first mail, as most installations never send one. */
async function open(smtpUrl: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    ...(port !== '' && { port: Number(port) }),
    secure: protocol === 'smtps:',
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience, dnsTimeout: patience },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

/** Writes and sends one mail that waited in the queue. Whatever it throws, it is tried again. */
export async function sendMail({ db, config, log }: Pick<House, 'db' | 'config' | 'log'>, mail: Mail): Promise<void> {
  const { publicUrl, smtpUrl } = config;
  if (publicUrl === undefined || smtpUrl === undefined) throw new Error('no mail server is set here');
  const written = await write(db, mail, publicUrl);
  if (!written) return;
  const { to, ...letter } = written;
  if (!isMailable(to)) return log.warn({ letter: mail.letter }, 'a user’s address cannot be mailed to');
  const from = senderOf(config);
  const transport = await open(smtpUrl);
  try {
    const envelope = { from, to: [to] };
    await transport.sendMail({
      from: { name: 'Latchkey', address: from },
      to: { name: '', address: to },
      envelope,
      ...letter,
    });
  } finally {
    transport.close();
  }
}

/** What a mail says, and to whom; undefined where there is nobody to send it to any more. */
async function write(db: House['db'], mail: Mail, origin: string): Promise<(Letter & { to: string }) | undefined> {
  if (mail.letter === 'link' || mail.letter === 'reset') {
    const made = await (mail.letter === 'link' ? freshCode(db, mail.id) : resetLinkFor({ db }, mail.email));
    return made && { to: made.link.email, ...letterOfLink(made.link, linkAddress(origin, made.code), origin) };
  }
  const user = await db('users').where({ id: mail.user_id }).first('email');
  return user && { to: user.email, ...noticeOf(mail, origin) };
}

function senderOf({ mailFrom, publicUrl = '' }: Config): string {
  return mailFrom ?? `latchkey@${new URL(publicUrl).hostname}`;
}
