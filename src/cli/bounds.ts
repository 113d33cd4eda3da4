import type { Flag, Given } from './command.ts';
import { commaList, wholeNumber } from './input.ts';
import { Stop } from './stop.ts';

/** What a key may do, and where it ends. */
export const bounds: Flag[] = [
  {
    form: '--scopes <list>',
    about: 'what it may do, with commas: runs:create,files:read',
    to: 'body.scopes',
    read: commaList,
  },
  { form: '--expires <when>', about: 'when it ends: 90d, 12h, a time, or never', to: 'body.expires_at', read: endOf },
  {
    form: '--addresses <list>',
    about: 'from where: addresses and CIDR ranges, with commas',
    to: 'body.addresses',
    read: commaList,
  },
  { form: '--limit <n/span>', about: 'how often: 10/second, minute, hour or day; repeat it for more', list: 'limits' },
  {
    form: '--credits <n>',
    about: 'how many calls in all, or none for no such bound',
    to: 'body.credits',
    read: creditsOf,
  },
];

/** What of it was typed, as it is sent. Throws a `Stop` for a limit that is none. */
export function boundBody({ body, lists }: Given): Record<string, unknown> {
  const limits = lists.limits?.map(([, text]) => limitOf(text));
  return { ...body, ...(limits && limits.length > 0 && { limits }) };
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** So many seconds, from `90d`, `12h`, `30m`, `45s`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (units[unit as string] as number);
}

/** A time of the future, by its distance or as it stands; null for never. */
function endOf(text: string): string | null {
  if (text === 'never') return null;
  const seconds = secondsOf(text);
  const time = seconds === undefined ? Date.parse(text) : Date.now() + seconds * 1000;
  if (Number.isNaN(time))
    throw new Stop('usage', `${JSON.stringify(text)} is no time: write 90d, 12h, 2027-01-31 or never.`);
  return new Date(time).toISOString();
}

function creditsOf(text: string): { remaining: number } | null {
  return text === 'none' ? null : { remaining: wholeNumber(text) };
}

function limitOf(text: string): { requests: number; per: string } {
  const [, requests, per] = /^(\d{1,10})\/(second|minute|hour|day)$/.exec(text) ?? [];
  if (per === undefined)
    throw new Stop('usage', `${JSON.stringify(text)} is no limit: write 10/second, or minute, hour or day.`);
  return { requests: Number(requests), per };
}
