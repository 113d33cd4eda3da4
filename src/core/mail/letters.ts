import type { OneTimeLink } from '../../../generated/tables.ts';
import type { Mail } from './queue.ts';

/** What a mail says, as plain text. */
export interface Letter {
  subject: string;
  text: string;
}

const signed = (origin: string, ...paragraphs: string[]) =>
  `${[...paragraphs, `— Latchkey, ${origin}`].join('\n\n')}\n`;

/** Names are of people: one line each, and none so long that it hides what follows. */
const inLine = (name: string) => [...name.replace(/\s+/g, ' ')].slice(0, 100).join('');

const once = (over: string) => `The link is good once, until ${minute(over)}.`;

/** A time to the minute, in UTC: nobody's clock is known. */
function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A link, and for an invitation into what. */
type Linked = Pick<OneTimeLink, 'kind' | 'expires_at'> & { account_name?: string };

/** The mail with a link in it. */
export function letterOfLink({ kind, account_name, expires_at }: Linked, address: string, origin: string): Letter {
  const account = inLine(account_name ?? '');
  if (kind === 'invitation') {
    return {
      subject: `You are invited into ${account}`,
      text: signed(
        origin,
        `You are invited into ${account} on ${origin}. Choose a password here:`,
        address,
        once(expires_at),
      ),
    };
  }
  const unasked = 'If you did not ask for this, nothing has changed, and there is nothing to do.';
  return {
    subject: 'A new password',
    text: signed(origin, 'Choose a new password here:', address, once(expires_at), unasked),
  };
}

/** The notice of something that happened. */
export function noticeOf(mail: Exclude<Mail, { letter: 'link' | 'reset' }>, origin: string): Letter {
  const at = minute(mail.at);
  if (mail.letter === 'password_changed') {
    const what = `Your password was changed at ${at}.`;
    const then =
      'If that was not you, ask for a new one on the sign-in page at once, and tell an owner of the account.';
    return { subject: 'Your password was changed', text: signed(origin, what, then) };
  }
  const name = inLine(mail.name);
  if (mail.letter === 'key_made') {
    const then = 'If that was not you, revoke it and change your password.';
    return {
      subject: `A new API key: ${name}`,
      text: signed(origin, `The API key “${name}” was made at ${at}.`, then),
    };
  }
  if (mail.letter === 'key_leaked') {
    const what = `The API key “${name}” was found where others can read it, at ${at}.`;
    const then =
      mail.action === 'revoked'
        ? 'It was revoked: make another one.'
        : 'It still works: rotate it now, and take the old one away.';
    return { subject: `An API key leaked: ${name}`, text: signed(origin, what, then) };
  }
  const then = 'Rotate it, or give it a later end, if something still needs it.';
  return {
    subject: `An API key ends soon: ${name}`,
    text: signed(origin, `The API key “${name}” ends at ${at}.`, then),
  };
}
