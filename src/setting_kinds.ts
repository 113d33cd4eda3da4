import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { EnvError, makeValidator } from 'envalid';
import { isEmail } from './core/email.ts';
import { identifierFault } from './core/names.ts';
import { trustOf } from './wire/proxies.ts';

// What the text of a setting may be, and the sentence that says so where it is not.

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A setting whose text must match, with the sentence that says so. The text is never repeated: it may be a secret. */
const text = (pattern: RegExp, sentence: string) =>
  makeValidator<string>((value) => {
    if (!pattern.test(value)) throw new EnvError(sentence);
    return value;
  });

export const whole = (least: number, most: number) =>
  makeValidator<number>((value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw new EnvError(`must be a whole number from ${least} to ${most}`);
    return number;
  });

/** How many processes: a number, or `auto` for one on each core. */
export const processes = makeValidator<number>((value) => {
  if (value === 'auto') return availableParallelism();
  if (!/^[1-9]\d?$/.test(value)) throw new EnvError('must be auto, or a whole number from 1 to 99');
  return Number(value);
});

export const days = whole(0, 36_500);

export const truth = makeValidator<boolean>((value) => {
  if (/^(true|t|1)$/i.test(value)) return true;
  if (/^(false|f|0)$/i.test(value)) return false;
  throw new EnvError('must be true or false');
});

export const host = makeValidator<string>((value) => {
  if (isIP(value) || /^[a-z\d_]([\w.-]*\w)?\.?$/i.test(value)) return value;
  throw new EnvError('must be an address or a name, without a scheme, a path, brackets or a port: the port is PORT');
});
export const email = makeValidator<string>((value) => {
  if (isEmail(value)) return value;
  throw new EnvError(`must be an e-mail address. ${identifierFault(value) ?? ''}`.trim());
});
export const username = makeValidator<string>((value) => {
  const fault = identifierFault(value);
  if (!/^\S+$/.test(value) || fault) throw new EnvError(`must be a name without spaces. ${fault ?? ''}`.trim());
  return value;
});
export const secret = text(/^\S.{30,}\S$/s, 'must have 32 characters or more: openssl rand -base64 32 makes one');
export const applicationKey = text(/^[\w-]{16,128}$/, 'must be 16 to 128 letters, digits, "_" or "-"');
/** Mage's published default, with which anybody signs. */
const published = 'materia';
export const signingSecret = makeValidator<string>((value) => {
  if (value.trim().toLowerCase() === published) throw new EnvError('must be a secret: this one is published');
  if (value.length < 16) throw new EnvError('must have 16 characters or more');
  return value;
});
export const postgresUrl = makeValidator<string>((value) => {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value))
    throw new EnvError('must be a Postgres URL: postgres://user:password@host:5432/database');
  return value;
});

export const httpUrl = makeValidator<string>((value) => {
  const { protocol, username } = URL.canParse(value) ? new URL(value) : {};
  if (!/^https?:$/.test(protocol ?? '') || username) throw new EnvError('must be an http or https URL without a user');
  return value;
});
const isOrigin = (value: string) =>
  URL.canParse(value) && /^https?:\/\/[^/?#@]+\/?$/i.test(value) && new URL(value).pathname === '/';
export const origin = makeValidator<string>((value) => {
  if (isOrigin(value)) return new URL(value).origin;
  throw new EnvError('must be an http or https URL without a path, as https://keys.example.com');
});
export const smtpUrl = makeValidator<string>((value) => {
  const { protocol, hostname, pathname, search, hash } = URL.canParse(value) ? new URL(value) : {};
  if (/^smtps?:$/.test(protocol ?? '') && hostname && /^\/?$/.test(`${pathname}${search}${hash}`)) return value;
  throw new EnvError('must be smtp:// or smtps://, perhaps a user and a password, a host, and perhaps a port');
});
export const origins = makeValidator<string[]>((value) => {
  const all = value.split(',').map((one) => one.trim());
  if (value === 'none') return [];
  if (all.every((one) => one === '*' || isOrigin(one)))
    return all.map((one) => (one === '*' ? one : new URL(one).origin));
  throw new EnvError('must be *, none, or origins with commas between them, as https://app.example.com');
});
export const proxies = makeValidator<string>((value) => {
  if (trustOf(value)) return value;
  throw new EnvError('must be a number of proxies, or addresses, CIDRs or "loopback" with commas between them');
});
export const endings = makeValidator<string[]>((value) => {
  const all = value.split(',').map((ending) => ending.trim().toLowerCase().replace(/^\./, ''));
  if (all.every((ending) => /^([a-z\d_+-]{1,32}|\*)$/.test(ending))) return all;
  throw new EnvError('must be file endings with commas between them, as pdf,docx, or *');
});
export const level = makeValidator<LogLevel>((value) => {
  const found = logLevels.find((one) => one === value.toLowerCase());
  if (found) return found;
  throw new EnvError(`must be one of ${logLevels.join(', ')}`);
});
export const registry = text(
  /^[\w.-]+(:\d+)?(\/[\w.-]+)*$/,
  'must be a host, perhaps with a port and a path, without a scheme',
);
export const bucket = text(/^[\w.-]{3,63}$/, 'must be the name of a bucket');
export const region = text(/^[\w-]{1,64}$/, 'must be the name of a region');
export const keyId = text(/^\S+$/, 'must be a key without spaces');

export const leaked = makeValidator<'revoke' | 'flag'>((value) => {
  if (value === 'revoke' || value === 'flag') return value;
  throw new EnvError('must be revoke or flag');
});
