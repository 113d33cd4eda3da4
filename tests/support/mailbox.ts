import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface Arrived {
  from: string;
  to: string[];
  headers: string;
  /** Its text, decoded. */
  text: string;
}

/** A mail server, and what it has taken. */
export interface Mailbox {
  url: string;
  mails: Arrived[];
  /** Whether it refuses what comes, for now. */
  isFull: boolean;
  /** Who signed in to it. */
  users: string[];
  close(): Promise<void>;
}

/** Opens a real SMTP server at a free port; without certificates, as on this machine alone. */
export async function openMailbox(): Promise<Mailbox> {
  const box: Mailbox = { url: '', mails: [], isFull: false, users: [], close: async () => {} };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    onAuth({ username = '', password }, _session, done) {
      box.users.push(`${username}:${password}`);
      done(null, { user: username });
    },
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        if (box.isFull) return done(Object.assign(new Error('Try again later'), { responseCode: 451 }));
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        const to = envelope.rcptTo.map(({ address }) => address);
        box.mails.push({ from, to, ...read(Buffer.concat(parts).toString('latin1')) });
        done();
      });
    },
  });
  const listening = server.listen(0, '127.0.0.1') as Server;
  await once(listening, 'listening');
  box.url = `smtp://post:p%40ss@127.0.0.1:${(listening.address() as AddressInfo).port}`;
  box.close = () => new Promise((resolve) => server.close(() => resolve()));
  return box;
}

function read(raw: string): { headers: string; text: string } {
  const [headers = '', body = ''] = raw.split(/\r\n\r\n([\s\S]*)/);
  const encoding = /^content-transfer-encoding: (.*)$/im.exec(headers)?.[1]?.trim();
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : Buffer.from(encoding === 'quoted-printable' ? printable(body) : body, 'latin1');
  return { headers, text: bytes.toString('utf8').replaceAll('\r\n', '\n') };
}

const printable = (text: string) =>
  text.replaceAll('=\r\n', '').replace(/=([\dA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
